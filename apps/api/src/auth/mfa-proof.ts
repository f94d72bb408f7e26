import { inputError } from '@credvault/http/input-errors.js';

/** How somebody proves their second factor. */
export type FactorProof =
  { factor: 'totp'; code: string } | { factor: 'recovery_code'; recoveryCode: string };

/** How somebody proves who their session stands for. */
export type StepUpProof = FactorProof | { factor: 'password'; password: string };

/** The fields of a request that may hold a proof. */
export interface ProofFields {
  code?: string;
  recoveryCode?: string;
}

/** The second factor of a request. @throws BAD_REQUEST unless it holds exactly one */
export function factorProofOf(fields: ProofFields): FactorProof {
  const { code, recoveryCode } = fields;
  assertOne({ code, recoveryCode });
  return code === undefined
    ? { factor: 'recovery_code', recoveryCode: recoveryCode ?? '' }
    : { factor: 'totp', code };
}

/** As `factorProofOf`, for a request that need not hold any. @throws BAD_REQUEST for more than one */
export function optionalFactorProofOf(fields: ProofFields): FactorProof | undefined {
  const { code, recoveryCode } = fields;
  return code === undefined && recoveryCode === undefined ? undefined : factorProofOf(fields);
}

/** The proof of a request that may be a password as well. @throws BAD_REQUEST unless it holds exactly one */
export function stepUpProofOf(fields: ProofFields & { password?: string }): StepUpProof {
  const { password, code, recoveryCode } = fields;
  assertOne({ password, code, recoveryCode });
  return password === undefined ? factorProofOf(fields) : { factor: 'password', password };
}

function assertOne(fields: Record<string, string | undefined>): void {
  const names = Object.keys(fields);
  const sent = names.filter((name) => fields[name] !== undefined);
  if (sent.length === 1) return;
  const path = sent[1] ?? names[0] ?? '';
  throw inputError([
    { path, code: 'exactlyOne', message: `exactly one of ${names.join(', ')} must be sent` },
  ]);
}
