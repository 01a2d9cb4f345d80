/**
 * A shadow page's role: with the gfn it is the page's identity, so the whole word is compared.
 *
 *     31     20       19:17     16       15      14:10   9:8        7:4     3:0
 *     0…0    invalid  access    direct   clean   0       quadrant   level   glevels
 *
 * KVM: union kvm_mmu_page_role; `direct` is called metaphysical in 2.6.29.
 */

export type Role = number;

/**
 * A direct page for a large guest page without D. No entry of it may get W, while those of a read-only page with D
 * may when CR0.WP is clear, so the two are not one. Ours, in the sdm model only.
 */
export const ROLE_CLEAN = 1 << 15;
export const ROLE_DIRECT = 1 << 16;
export const ROLE_INVALID = 1 << 20;
const ACCESS_SHIFT = 17;

/**
 * @param direct 0, ROLE_DIRECT, or that with ROLE_CLEAN
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
