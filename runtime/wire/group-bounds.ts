/** What every node of a group, of any release, goes by: beacons carry it, tables are made for it. */

/** Most nodes of a group, the director included. */
export const MAX_GROUP_NODES = 64
/** Most virtual routers of a node, each with two threads of its own. */
export const MAX_INSTANCES = 8
/** Clients fall into so many slots. */
export const SLOT_COUNT = 4096
/** The owner of a slot that nobody owns. */
export const NOBODY = 255
/** Clients that are tied to nodes at a time; an order beyond is refused. */
export const MAX_TIED = 256
