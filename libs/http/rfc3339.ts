/** RFC 3339 §5.6, with up to nine digits of a second; a space before the offset is a `+` that a URL lost. */
const dateTime = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+\- ])(\d\d):(\d\d))$/i;

/**
 * Reads an RFC 3339 date-time, cut to milliseconds. Undefined if it is none, has no offset, or names a day or time
 * that does not exist, such as 30 February; Date.parse would roll that over. Leap seconds are refused too, and what in UTC
 * lies outside the years 1 to 9999, which RFC 3339 cannot write.
 */
export function parseRfc3339(text: string): Date | undefined {
  const parts = dateTime.exec(text);
  if (!parts) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as Six;
  if (hour > 23 || minute > 59 || second > 59 || !isCalendarDay(year, month, day)) return undefined;
  const offsetHour = Number(parts[9] ?? 0);
  const offsetMinute = Number(parts[10] ?? 0);
  if (offsetHour > 23 || offsetMinute > 59) return undefined;
  const sign = parts[8] === '-' ? -1 : 1;
  const milliseconds = Number((parts[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const local = utc(year, month, day);
  local.setUTCHours(hour, minute - sign * (offsetHour * 60 + offsetMinute), second, milliseconds);
  const yearInUtc = local.getUTCFullYear();
  return yearInUtc >= 1 && yearInUtc <= 9999 ? local : undefined;
}

type Six = [number, number, number, number, number, number];

/** Midnight of a day; Date.UTC would take the years 0 to 99 for 1900 to 1999. */
function utc(year: number, month: number, day: number): Date {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date;
}

/** A day that a month does not have rolls over into another month, as Date counts. */
function isCalendarDay(year: number, month: number, day: number): boolean {
  const date = utc(year, month, day);
  return year > 0 && date.getUTCMonth() === month - 1;
}
