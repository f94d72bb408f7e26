/** The id of an account that does not exist, which the database is asked for like one that does (RFC 9562, 5.9). */
export const nobody = '00000000-0000-0000-0000-000000000000';
