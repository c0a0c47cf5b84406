/** Whether an address can name it: what follows a dot is taken for a format, and a slash parts folders. */
export const isSlug = (text: string): boolean => !/[./]/.test(text)
