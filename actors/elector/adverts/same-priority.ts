/** What is told of two nodes of one priority, by whom ever it is found: at the elector by adverts, at discovery by beacons. */
export const samePriorityText = (other: string, priority: number): string =>
  `${other} has the same priority as this node, ${priority}: the higher address wins`
