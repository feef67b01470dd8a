import { ReadableStream, TextDecoderStream } from 'node:stream/web';
import { TextDecoder, TextEncoder } from 'node:util';
import { webcrypto } from 'node:crypto';

// What every browser has and jsdom lacks.

/** Never tells of a size: in jsdom nothing has one. */
class ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

Object.assign(AbortSignal.prototype, {
  throwIfAborted(this: AbortSignal): void {
    if (this.aborted) {
      throw new DOMException('aborted', 'AbortError');
    }
  }
});
Object.assign(globalThis, { ReadableStream, ResizeObserver, TextDecoderStream, TextDecoder, TextEncoder });
Object.defineProperty(globalThis, 'crypto', { value: webcrypto, configurable: true });
Object.defineProperty(navigator, 'clipboard', { value: { writeText: () => Promise.resolve() }, configurable: true });
