import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsEmail,
  IsIn,
  IsNotEmpty,
  IsString,
  Matches,
  MaxLength,
  MinLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { IsText, Optional } from '../common/rules.js';
import { PORTAL_PAGES, type PortalPage } from './portal-pages.js';

const ACCOUNT = /^[^\p{Cc}]{1,50}$/u;
const ACCOUNT_REASON = 'must be an account number of 1 to 50 characters';

/** E-mail address and password, as the user typed them. They pass through: never stored, never logged. */
export class UserCredentials {
  /** @example 'payer@example.com' */
  @IsEmail({}, { message: 'must be an e-mail address' }) @MaxLength(254) email: string;
  @IsString() @IsNotEmpty() @MaxLength(200) password: string;
}

export class SignIn extends UserCredentials {
  /**
   * The accounts that My360 knows of this user. Those that are missing at Invoice Cloud are linked; a user who is not
   * registered is registered with them.
   */
  @Optional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @ArrayUnique()
  @Matches(ACCOUNT, { each: true, message: `each ${ACCOUNT_REASON}` })
  accountNumbers?: string[];
}

/** For the customer record, where Invoice Cloud has none. */
export class NewCustomer {
  /** @example 'Jane Payer' */
  @Optional() @IsText(200) name?: string;
  @Optional() @IsText(200) address?: string;
  @Optional() @IsText(100) city?: string;
  @Optional() @IsText(50) state?: string;
  @Optional() @IsText(20) zip?: string;
  @Optional() @IsText(30) phone?: string;
}

export class Registration extends UserCredentials {
  /** @example '36020002' */
  @Matches(ACCOUNT, { message: ACCOUNT_REASON }) accountNumber: string;
  /** Used where the account is unknown to Invoice Cloud. */
  @Optional() @ValidateNested() @Type(() => NewCustomer) customer?: NewCustomer;
}

export class OpenPage {
  /** Which of Invoice Cloud's pages the iframe opens. @example 'autopay' */
  @IsIn(Object.keys(PORTAL_PAGES)) page: PortalPage;
  /** Style sheet; within the biller's allowed origins. Default: the biller's, then Invoice Cloud's. */
  @Optional() @IsString() @MaxLength(2048) CSSUrl?: string;
  /** Where the sign-out button leads; within the biller's allowed origins. */
  @Optional() @IsString() @MaxLength(2048) ReturnUrl?: string;
  /** "Sign out and Return to …", with a ReturnUrl only. Default: the biller's DBA. */
  @Optional() @IsText(100) CustomReturnSiteName?: string;
  /**
   * The origin of the portal with the iframe, one of the biller's portal origins; with a ReturnUrl only. Invoice Cloud is
   * then given a return page of this platform's own, which tells that portal and leads to ReturnUrl.
   */
  @Optional() @IsString() @MaxLength(2048) PortalOrigin?: string;
}

export class LinkAccounts {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @ArrayUnique()
  @Matches(ACCOUNT, { each: true, message: `each ${ACCOUNT_REASON}` })
  accountNumbers: string[];
}

/** The credentials that My360 holds, and what they shall become: an e-mail address, a password, or both. */
export class ChangeCredentials extends UserCredentials {
  /** An account of the user, by which Invoice Cloud's own address is found where the credentials differ. */
  @Matches(ACCOUNT, { message: ACCOUNT_REASON }) accountNumber: string;
  @ValidateIf((change: ChangeCredentials) => change.newEmail !== undefined || change.newPassword === undefined)
  @IsEmail({}, { message: 'must be an e-mail address; send newEmail, newPassword or both' })
  @MaxLength(254)
  newEmail?: string;
  @Optional() @IsString() @MinLength(8) @MaxLength(200) newPassword?: string;
}
