// The rule of the map (ARCHITECTURE.md): libs know no domain; domains stand in one line and import only to the left,
// and of another domain only its module, service, errors and the types they hand out.
const line = [
  'audit',
  'users',
  'plans',
  'organizations',
  'roles',
  'auth',
  'members',
  'teams',
  'projects',
  'vaults',
  'grants',
  'secrets',
  'api-tokens',
  'api-keys',
  'leaked-tokens',
  'single-sign-on',
  'subscriptions',
  'me',
  'admin',
  'cloud-v2',
  'service',
];

const src = '^apps/api/src';
const root = ['(app|core)\\.module', 'create-app', 'serve', 'main', 'entities', 'processes/.+'];

/** No domain imports one that stands to its right. */
const leftOnly = line.slice(0, -1).map((domain, index) => ({
  name: `${domain}-imports-only-to-the-left`,
  severity: 'error',
  from: { path: `${src}/${domain}/` },
  to: { path: `${src}/(${line.slice(index + 1).join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...leftOnly,
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'libs-know-no-domain', severity: 'error', from: { path: '^libs/' }, to: { path: '^apps/' } },
    {
      name: 'domains-keep-their-tables',
      comment:
        'Of another domain: module, service, errors, ports. Entities as types only, repositories never.',
      severity: 'error',
      from: { path: `${src}/([^/]+)/` },
      to: { path: `${src}/[^/]+/.+\\.repository\\.ts$`, pathNot: `${src}/$1/` },
    },
    {
      name: 'entities-of-others-as-types-only',
      severity: 'error',
      from: { path: `${src}/([^/]+)/` },
      to: {
        path: `${src}/[^/]+/.+\\.entity\\.ts$`,
        pathNot: `${src}/$1/`,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'nobody-imports-the-root',
      severity: 'error',
      from: { path: `${src}/(${line.join('|')})/` },
      to: { path: `${src}/(${root.join('|')})\\.ts$` },
    },
    {
      name: 'no-tests-in-the-product',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '\\.(spec|fixture)\\.ts$|/fixtures/' },
      to: { path: '^test/|\\.(spec|fixture)\\.ts$|/fixtures/' },
    },
    {
      name: 'only-listed-dependencies',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '\\.(spec|fixture)\\.ts$|/fixtures/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
    exclude: { path: '^dist/' },
  },
};
