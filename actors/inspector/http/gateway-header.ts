/** By it a caller knows a gateway from another program that answers in JSON. Its value is the version of the interface. */
export const GATEWAY_HEADER = 'x-proxyha'
export const GATEWAY_HEADERS = { [GATEWAY_HEADER]: '1' }
