import { IsEmail, IsString, Length, MaxLength } from 'class-validator';
import { IsPrintable } from '@credvault/http/is-printable.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { MailAddress } from '@credvault/mail/address-input.js';
import { customerBounds, IsCountry, IsPhone, IsTaxIdType } from '../subscriptions/customer-bounds.js';
import type { Customer } from '../subscriptions/subscription.entity.js';

/** Where bills go to. */
export class CloudCustomerAddressDto {
  /**
   * Country, as two capital letters (ISO 3166-1 alpha-2).
   * @example "AT"
   */
  @MaxLength(2)
  country!: string;

  /**
   * City.
   * @example "Dornbirn"
   */
  @MaxLength(customerBounds.city)
  city!: string;

  /**
   * Street and number.
   * @example "Bahnhofstrasse 1"
   */
  @MaxLength(customerBounds.line)
  line1!: string;

  /**
   * What else the address needs; null when nothing.
   * @example "2nd floor"
   */
  @MaxLength(customerBounds.line)
  line2!: string | null;

  /**
   * Postal code.
   * @example "6850"
   */
  @MaxLength(customerBounds.postalCode)
  postal_code!: string;
}

/** The number under which whoever pays is known to a tax authority. */
export class CloudCustomerTaxDto {
  /**
   * The number; null when there is none.
   * @example "ATU12345678"
   */
  @MaxLength(customerBounds.taxId)
  tax_id!: string | null;

  /**
   * What kind of number it is; null when nobody said.
   * @example "eu_vat"
   */
  @MaxLength(customerBounds.taxIdType)
  tax_id_type!: string | null;
}

/** Who pays for an organization. */
export class CloudCustomerDto {
  /**
   * Name of the person or company.
   * @example "Acme Incorporated"
   */
  name!: string;

  /**
   * E-mail address for what concerns bills.
   * @example "billing@example.com"
   */
  email!: string;

  /**
   * Telephone number.
   * @example "+43 5572 123456"
   */
  @MaxLength(customerBounds.phone)
  phone!: string;

  /** Where bills go to. */
  address!: CloudCustomerAddressDto;

  /** Tax number. */
  tax!: CloudCustomerTaxDto;
}

/** Who pays for an organization, as it is sent: all of it, flat. */
export class CloudPutCustomerDto {
  /**
   * Name of the person or company.
   * @example "Acme Incorporated"
   */
  @IsString()
  @Length(1, customerBounds.name)
  @IsPrintable()
  name!: string;

  /**
   * E-mail address for what concerns bills.
   * @example "billing@example.com"
   */
  @IsEmail()
  @MailAddress()
  @MaxLength(customerBounds.email)
  email!: string;

  /**
   * Telephone number.
   * @example "+43 5572 123456"
   */
  @Length(3, customerBounds.phone)
  @IsPhone()
  phone!: string;

  /**
   * Country, as two capital letters (ISO 3166-1 alpha-2).
   * @example "AT"
   */
  @Length(2, 2)
  @IsCountry()
  country!: string;

  /**
   * City.
   * @example "Dornbirn"
   */
  @IsString()
  @Length(1, customerBounds.city)
  @IsPrintable()
  city!: string;

  /**
   * Street and number.
   * @example "Bahnhofstrasse 1"
   */
  @IsString()
  @Length(1, customerBounds.line)
  @IsPrintable()
  line1!: string;

  /**
   * What else the address needs.
   * @example "2nd floor"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, customerBounds.line)
  @IsPrintable()
  line2?: string;

  /**
   * Postal code.
   * @example "6850"
   */
  @IsString()
  @Length(1, customerBounds.postalCode)
  @IsPrintable()
  postal_code!: string;

  /**
   * Number under which whoever pays is known to a tax authority.
   * @example "ATU12345678"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, customerBounds.taxId)
  @IsPrintable()
  tax_id?: string;

  /**
   * What kind of number it is, in the spelling of billing services.
   * @example "eu_vat"
   */
  @MayBeAbsent()
  @Length(1, customerBounds.taxIdType)
  @IsTaxIdType()
  tax_id_type?: string;
}

export function customerDto({ name, email, phone, address, tax }: Customer): CloudCustomerDto {
  const { country, city, line1, line2, postalCode } = address;
  return {
    name,
    email,
    phone,
    address: { country, city, line1, line2, postal_code: postalCode },
    tax: { tax_id: tax?.id ?? null, tax_id_type: tax?.idType ?? null },
  };
}

/** What was sent, as the subscription keeps it. */
export function customerOf(sent: CloudPutCustomerDto): Customer {
  const { name, email, phone, country, city, line1, line2 = null, postal_code: postalCode } = sent;
  const { tax_id: id, tax_id_type: idType = null } = sent;
  const address = { country, city, line1, line2, postalCode };
  return { name, email, phone, address, tax: id === undefined ? null : { id, idType } };
}
