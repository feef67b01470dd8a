import { ReadableStream, TextDecoderStream } from 'node:stream/web';
import { TextDecoder, TextEncoder } from 'node:util';
import { webcrypto } from 'node:crypto';

// What every browser has and jsdom lacks.
Object.assign(globalThis, { ReadableStream, TextDecoderStream, TextDecoder, TextEncoder });
Object.defineProperty(globalThis, 'crypto', { value: webcrypto, configurable: true });
Object.defineProperty(navigator, 'clipboard', { value: { writeText: () => Promise.resolve() }, configurable: true });
