import { deflateRawSync, inflateRawSync } from 'node:zlib'

/** Numbers in a JSON file: the bytes of a typed array (little-endian), deflated, in base64. */
export const encodeArray = (array: ArrayBufferView): string =>
  deflateRawSync(Buffer.from(array.buffer, array.byteOffset, array.byteLength), { level: 9 }).toString('base64')

/** The bytes in a buffer of their own, so that any element size is aligned. */
const bytesOf = (text: string): ArrayBuffer => Uint8Array.from(inflateRawSync(Buffer.from(text, 'base64'))).buffer

export const decodeUint8 = (text: string): Uint8Array => new Uint8Array(bytesOf(text))
export const decodeInt16 = (text: string): Int16Array => new Int16Array(bytesOf(text))
export const decodeInt32 = (text: string): Int32Array => new Int32Array(bytesOf(text))
export const decodeFloat32 = (text: string): Float32Array => new Float32Array(bytesOf(text))
