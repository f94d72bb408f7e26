import { Type } from 'class-transformer';
import { IsEmail, IsObject, IsOptional, IsString, Length, MaxLength, ValidateNested } from 'class-validator';
import { IsPrintable } from '@credvault/http/is-printable.js';
import { MailAddress } from '@credvault/mail/address-input.js';
import { customerBounds, IsCountry, IsPhone, IsTaxIdType } from './customer-bounds.js';
import type { Customer } from './subscription.entity.js';

/** Where bills go to, as it is sent. */
export class SentBillingAddressDto {
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
   * What else the address needs; null when nothing.
   * @example "2nd floor"
   */
  @IsOptional()
  @IsString()
  @Length(1, customerBounds.line)
  @IsPrintable()
  line2?: string | null;

  /**
   * Postal code.
   * @example "6850"
   */
  @IsString()
  @Length(1, customerBounds.postalCode)
  @IsPrintable()
  postalCode!: string;
}

/** The number under which whoever pays is known to a tax authority, as it is sent. */
export class SentBillingTaxDto {
  /**
   * The number.
   * @example "ATU12345678"
   */
  @IsString()
  @Length(1, customerBounds.taxId)
  @IsPrintable()
  id!: string;

  /**
   * What kind of number it is, in the spelling of billing services; null when nobody said.
   * @example "eu_vat"
   */
  @IsOptional()
  @Length(1, customerBounds.taxIdType)
  @IsTaxIdType()
  idType?: string | null;
}

/** Who pays for the organization, as it is sent. */
export class SentBillingDto {
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

  /** Where bills go to. */
  @IsObject()
  @ValidateNested()
  @Type(() => SentBillingAddressDto)
  address!: SentBillingAddressDto;

  /** Tax number; null when there is none. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => SentBillingTaxDto)
  tax?: SentBillingTaxDto | null;
}

/** What somebody sent, with null for what they left out. */
export function customerOf({ name, email, phone, address, tax }: SentBillingDto): Customer {
  const { country, city, line1, line2 = null, postalCode } = address;
  return {
    name,
    email,
    phone,
    address: { country, city, line1, line2, postalCode },
    tax: tax ? { id: tax.id, idType: tax.idType ?? null } : null,
  };
}
