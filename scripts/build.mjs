// `npm run build`
import { build } from './built.mjs';

build();
