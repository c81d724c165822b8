const unprintable = /[^\x20-\x7e\xa0-\xff]/

/**
 * Whether a header can carry the text unchanged: visible Latin-1 and blanks inside (RFC 9110 section 5.5).
 *
 * @internal
 */
export const isHeaderValue = (text: string): boolean => text !== "" && text.trim() === text && !unprintable.test(text)

/**
 * As `application/x-www-form-urlencoded` writes a value.
 *
 * @internal
 */
export const formEncode = (value: string): string => new URLSearchParams([["", value]]).toString().slice(1)
