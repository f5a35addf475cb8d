import type { ForwardingNode } from '../messages.ts'
import type { FastPathState } from '../state.ts'

/**
 * Whether what is open at a node may go on: it speaks, or was stopped in order, or has told all its clients since, which only a gateway
 * does that has just started; or its gateway has died, or is gone for long, and its host lives.
 */
export const isReachable = ({ staying, probed }: FastPathState, node: ForwardingNode): boolean =>
  node.keeps &&
  (node.self ||
    node.speaks ||
    (!node.gone && (node.left || staying.get(node.address)?.all === true)) ||
    probed.get(node.address) !== true)
