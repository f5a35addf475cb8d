/** raw-socket brings no types. Only what is used here is declared. */
declare module 'raw-socket' {
  export interface RawSocket {
    /** `buffer` is shared between calls: copy what is to be kept. IPv4 packets come with their IP header, IPv6 ones without. */
    on(event: 'message', listener: (buffer: Buffer, source: string) => void): this
    on(event: 'error', listener: (error: Error) => void): this
    on(event: 'close', listener: () => void): this
    /** `sent` is called from native code: what it queues as a promise may wait for the next event. */
    send(
      buffer: Buffer,
      offset: number,
      length: number,
      address: string,
      sent: (error: Error | null, bytes: number) => void,
    ): this
    /** Throws an Error with the text of strerror(3). */
    setOption(level: number, option: number, value: number): void
    setOption(level: number, option: number, value: Buffer, length: number): void
    /** Fills the buffer. Throws likewise. */
    getOption(level: number, option: number, value: Buffer, length: number): number
    pauseRecv(): this
    close(): this
  }

  const rawSocket: {
    createSocket(options: {
      readonly protocol: number
      /** 1 = IPv4, 2 = IPv6. */
      readonly addressFamily: 1 | 2
      readonly bufferSize: number
    }): RawSocket
  }
  export default rawSocket
}
