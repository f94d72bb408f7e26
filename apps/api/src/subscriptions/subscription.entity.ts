import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Who pays for an organization: what stands on a bill. Personal data, so only whoever manages the subscription sees it. */
export interface Customer {
  name: string;
  email: string;
  phone: string;
  address: {
    /** Two letters, ISO 3166-1 alpha-2. */
    country: string;
    city: string;
    line1: string;
    line2: string | null;
    postalCode: string;
  };
  tax: {
    /** As the tax authority spells it. */
    id: string;
    /** What kind of number it is, such as `eu_vat`; null when nobody said. */
    idType: string | null;
  } | null;
}

/** What an organization has said about its subscription. The plan stands with the organization, for it sets the limits. */
@Entity('subscriptions')
export class Subscription {
  @PrimaryColumn('uuid', { name: 'organization_id' })
  organizationId!: string;

  @Column('jsonb', { nullable: true })
  billing!: Customer | null;

  @Column('boolean', { name: 'notifications_enabled' })
  notificationsEnabled!: boolean;

  @Column('integer')
  revision!: number;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
