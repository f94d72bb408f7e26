import type { PipeTransform } from '@nestjs/common';
import { parseMemberId, type MemberKind } from '@credvault/access/member-id.js';
import { MemberNotFound } from './members.errors.js';

/** A member as a path names them. */
export interface MemberId {
  kind: MemberKind;
  userId: string;
}

/** Turns the `memberId` of a path, `usr_…` or `svc_…`, into what it stands for. */
export const MemberIdParam: PipeTransform<string, MemberId> = {
  transform(text: string): MemberId {
    const parsed = parseMemberId(text);
    if (!parsed) throw new MemberNotFound();
    return { kind: parsed.kind, userId: parsed.uuid };
  },
};
