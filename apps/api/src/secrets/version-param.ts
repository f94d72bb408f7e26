import { Injectable, type PipeTransform } from '@nestjs/common';
import { SecretVersionNotFound } from './secrets.errors.js';

/** Turns the number of a version in the path into a number; what is none names no version. */
@Injectable()
export class VersionParam implements PipeTransform<string, number> {
  transform(text: string): number {
    const version = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : NaN;
    if (!(version <= 2_147_483_647)) throw new SecretVersionNotFound();
    return version;
  }
}
