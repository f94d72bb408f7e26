/** Whom a provider means by a subject: an account in one organization. */
export interface ExternalIdentity {
  organizationId: string;
  id: string;
  issuer: string;
  subject: string;
  userId: string;
  /** As the provider said last; it proves nothing. */
  email: string | null;
  createdAt: Date;
  /** When somebody last signed in with it; null: never. */
  lastUsedAt: Date | null;
}
