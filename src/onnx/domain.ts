/** `ai.onnx` is another name of the standard domain, which is '' here. */
export const normalDomain = (domain: string | null | undefined): string => (domain === 'ai.onnx' ? '' : (domain ?? ''))

/** How a message names a domain. */
export const domainText = (domain: string): string => (domain === '' ? 'ai.onnx' : domain)
