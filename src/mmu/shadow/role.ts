/**
 * A shadow page's role: with the gfn it is the page's identity, so the whole word is compared.
 *
 *     31     20       19:17     16       15:10   9:8        7:4     3:0
 *     0…0    invalid  access    direct   0       quadrant   level   glevels
 *
 * KVM: union kvm_mmu_page_role; `direct` is called metaphysical in 2.6.29.
 */

export type Role = number;

export const ROLE_DIRECT = 1 << 16;
export const ROLE_INVALID = 1 << 20;
const ACCESS_SHIFT = 17;

/**
 * @param direct 0 or ROLE_DIRECT
 * @param access ACC_ bits granted above the table
 */
export function makeRole(
  glevels: number,
  level: number,
  quadrant: number,
  direct: number,
  access: number,
): Role {
  return glevels | (level << 4) | (quadrant << 8) | direct | (access << ACCESS_SHIFT);
}

export const roleGlevels = (role: Role): number => role & 0xf;
export const roleLevel = (role: Role): number => (role >>> 4) & 0xf;
export const roleQuadrant = (role: Role): number => (role >>> 8) & 3;
export const roleAccess = (role: Role): number => (role >>> ACCESS_SHIFT) & 7;
export const isDirect = (role: Role): boolean => (role & ROLE_DIRECT) !== 0;
export const isInvalid = (role: Role): boolean => (role & ROLE_INVALID) !== 0;
