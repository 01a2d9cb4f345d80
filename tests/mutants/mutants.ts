/**
 * Small wrong changes to the shadow MMU. Each is a mistake that someone could make, and something has to notice it:
 * the coherence checker, the audit, or a test. `npm run mutants` applies them one by one to a copy of the sources.
 */

export interface Mutant {
  readonly name: string;
  /** File below src/mmu/shadow. */
  readonly file: string;
  /** Text that occurs there exactly once, and what takes its place. */
  readonly from: string;
  readonly to: string;
}

export const mutants: readonly Mutant[] = [
  {
    name: "a new shadow page does not write-protect its table",
    file: "pages.ts",
    from: "if (rmapWriteProtect(kvm, gfn, SHADOWED)) kvm.flushRemoteTlbs();",
    to: "",
  },
  {
    name: "no TLB flush after a new table was write-protected",
    file: "pages.ts",
    from: "if (rmapWriteProtect(kvm, gfn, SHADOWED)) kvm.flushRemoteTlbs();",
    to: "rmapWriteProtect(kvm, gfn, SHADOWED);",
  },
  {
    name: "a page that is looked up is not synced first",
    file: "pages.ts",
    from: "if (kvm.policy.unsyncRoles !== true) return syncPage(kvm, sp, LOOKUP);",
    to: "if (kvm.policy.unsyncRoles !== true) return false;",
  },
  {
    name: "the role forgets the quadrant",
    file: "pages.ts",
    from: "makeRole(rootLevel, level, quadrant, direct, access)",
    to: "makeRole(rootLevel, level, 0, direct, access)",
  },
  {
    name: "the role forgets the rights above the table",
    file: "fetch.ts",
    from: "PT_PAGE_TABLE_LEVEL, 0, kvm.walker.ptAccess, sptep)",
    to: "PT_PAGE_TABLE_LEVEL, 0, ACC_ALL, sptep)",
  },
  {
    name: "a page goes unsync without leaving a trail in its parents",
    file: "spte.ts",
    from: "else markParentsUnsync(kvm, sp);\n  convertNotrap",
    to: "convertNotrap",
  },
  {
    name: "notrap entries stay notrap when a page goes unsync",
    file: "spte.ts",
    from: "  convertNotrap(kvm, sp);\n",
    to: "",
  },
  {
    name: "upper-level tables may be written unseen",
    file: "spte.ts",
    from: "if (roleLevel(shadow.role) !== PT_PAGE_TABLE_LEVEL) return refuse(kvm, shadow, UPPER_LEVEL);",
    to: "if (roleLevel(shadow.role) !== PT_PAGE_TABLE_LEVEL) return false;",
  },
  {
    name: "a table goes unsync though it has another role",
    file: "spte.ts",
    from: "!isDirect(other.role) && other.role !== sp.role",
    to: "!isDirect(other.role) && other.role !== sp.role && other.unsync",
  },
  {
    name: "a page that loses its global flag leaves no trail",
    file: "spte.ts",
    from: "    unlinkUnsyncGlobal(kvm, sp);\n    markParentsUnsync(kvm, sp);",
    to: "    unlinkUnsyncGlobal(kvm, sp);",
  },
  {
    name: "a leaf that is not global leaves the page global",
    file: "spte.ts",
    from: "if (sp.global === true && !global) demote(kvm, sp, NON_GLOBAL_SPTE);",
    to: "",
  },
  {
    name: "a leaf may be written before the guest's entry has D",
    file: "spte.ts",
    from: "const mayWrite = (flags & SET_DIRTY) !== 0 && !kvm.memory.isReadOnly(gfn);",
    to: "const mayWrite = !kvm.memory.isReadOnly(gfn);",
  },
  {
    name: "a supervisor page is given to users",
    file: "spte.ts",
    from: "if ((access & ACC_USER) !== 0) lo |= PTE_US;",
    to: "lo |= PTE_US;",
  },
  {
    name: "execute-disable is not passed on",
    file: "spte.ts",
    from: "spt[sptep * 2 + 1] = (access & ACC_EXEC) === 0 ? PTE_NX_HI : 0;",
    to: "spt[sptep * 2 + 1] = 0;",
  },
  {
    name: "a changed frame is not taken out of the reverse map of the old one",
    file: "spte.ts",
    from: "dropSpte(kvm, sptep, GPTE_CHANGED);\n    else wasRmapped = true;",
    to: "wasRmapped = true;\n    else wasRmapped = true;",
  },
  {
    name: "a page is synced without being write-protected again",
    file: "sync.ts",
    from: "if (rmapWriteProtect(kvm, sp.gfn, reason)) kvm.flushRemoteTlbs();\n  // Before",
    to: "// Before",
  },
  {
    name: "a sync keeps entries whose frame changed",
    file: "sync.ts",
    from: "if (kvm.memory.unalias(frameOf(lo, hi)) !== gfn) return GPTE_CHANGED;",
    to: "",
  },
  {
    name: "a sync keeps entries whose A the guest cleared",
    file: "sync.ts",
    from: "if ((lo & PTE_A) === 0) return NOT_ACCESSED;",
    to: "",
  },
  {
    name: "the last root is not synced",
    file: "sync.ts",
    from: "for (let i = 0; i < 4; i++) {\n    const lo = kvm.spt[i * 2];\n    if (lo !== 0) syncChildren",
    to: "for (let i = 0; i < 3; i++) {\n    const lo = kvm.spt[i * 2];\n    if (lo !== 0) syncChildren",
  },
  {
    name: "the unsync walk sees only half of a directory",
    file: "unsync-walk.ts",
    from: "word < first + 16",
    to: "word < first + 4",
  },
  {
    name: "INVLPG drops no shadow entry",
    file: "control.ts",
    from: "  setTrap(kvm, sptep);\n  // Differs",
    to: "  if (kvm.policy.invlpgPrefill) setTrap(kvm, sptep);\n  else return;\n  // Differs",
  },
  {
    name: "INVLPG forgets that an entry may serve a second address",
    file: "control.ts",
    from: "if (kvm.next[sp.parents] !== 0 || kvm.pages[directory >>> 9].rootCount > 1) kvm.flushRemoteTlbs();",
    to: "",
  },
  {
    name: "a write to CR4 does not sync the global list",
    file: "control.ts",
    from: "  syncGlobal(kvm, CR4_WRITE);\n",
    to: "",
  },
  {
    name: "CR4.PSE changes and links keep their old meaning",
    file: "control.ts",
    from: "if (walker.sdm && ((old ^ value) & CR4_PSE) !== 0) zapAll(kvm, MODE_CHANGE);",
    to: "",
  },
  {
    name: "a CR3 load of the same value syncs nothing",
    file: "control.ts",
    from: "    syncRoots(kvm, CR3_RELOAD);\n",
    to: "",
  },
  {
    name: "CR0.WP is set and the holes stay open",
    file: "control.ts",
    from: "    kvm.wpHoles = false;\n    zapAll(kvm, MODE_CHANGE);",
    to: "    kvm.wpHoles = false;",
  },
  {
    name: "the fixed list forgets pages that other address spaces link",
    file: "control.ts",
    from: "    dropTranslation(kvm, gva);\n    if (kvm.policy.oosGlobalFix === true) dropGlobalTranslations(kvm, gva);",
    to: "    dropTranslation(kvm, gva);",
  },
  {
    name: "the fixed list takes pages while CR4.PGE is clear",
    file: "spte.ts",
    from: "    demote(kvm, sp, PGE_CLEAR);\n    return;",
    to: "    return;",
  },
  {
    name: "the fixed list takes pages at a second linear address",
    file: "pages.ts",
    from: "if (several && sp.region !== SEVERAL) severalAddresses(kvm, sp);",
    to: "",
  },
  {
    name: "the fixed list keeps what an INVLPG elsewhere may have ended",
    file: "spte.ts",
    from: "  if (isUnderRoot(kvm, sp)) return;\n",
    to: "  if (isUnderRoot(kvm, sp) || sp.unsync === false) return;\n",
  },
  {
    name: "the fixed list guesses entries where no processor can hold them",
    file: "pte-write.ts",
    from: "  if (kvm.policy.oosGlobalFix && isOosGlobal(sp) && !isUnderRoot(kvm, sp)) return;\n",
    to: "",
  },
  {
    name: "a zapped page's parents still point to it",
    file: "zap.ts",
    from: "    removeParent(kvm, sp, sptep);\n    setTrap(kvm, sptep);\n  }\n}\n\n/** KVM: account_shadowed",
    to: "    removeParent(kvm, sp, sptep);\n  }\n}\n\n/** KVM: account_shadowed",
  },
  {
    name: "unsync children of a zapped page are left alone",
    file: "zap.ts",
    from: "const zapped = zapUnsyncChildren(kvm, sp);",
    to: "const zapped = 0;",
  },
  {
    name: "no TLB flush after a zap",
    file: "zap.ts",
    from: "  unlinkParents(kvm, sp);\n  kvm.flushRemoteTlbs();",
    to: "  unlinkParents(kvm, sp);",
  },
  {
    name: "a store to a 4-byte table reaches the wrong quadrant's page",
    file: "pte-write.ts",
    from: "if (at >>> 12 !== roleQuadrant(sp.role)) return;",
    to: "",
  },
  {
    name: "a 4-byte directory entry stands for one shadow entry only",
    file: "pte-write.ts",
    from: "      count = 2;",
    to: "      count = 1;",
  },
  {
    name: "a store of one or two bytes is taken for one of an entry elsewhere",
    file: "pte-write.ts",
    from: "flooded || isMisaligned(sp, offset, bytes)",
    to: "flooded",
  },
  {
    name: "an emulated store that takes rights away flushes nothing",
    file: "pte-write.ts",
    from: "if (isPresent(oldLo, oldHi) && losesRights(oldLo, oldHi, lo, hi)) kvm.flushRemoteTlbs();\n  else kvm.flushTlb();",
    to: "if (!isPresent(oldLo, oldHi)) kvm.flushTlb();",
  },
  {
    name: "a root that became invalid is never freed",
    file: "roots.ts",
    from: "if (sp.rootCount === 0 && isInvalid(sp.role)) zapPage(kvm, sp, ROOT_FREE);",
    to: "",
  },
  {
    name: "requested TLB flushes are forgotten at the guest entry",
    file: "roots.ts",
    from: "    kvm.requestTlbFlush = false;\n    kvm.tlb.flush();",
    to: "    kvm.requestTlbFlush = false;",
  },
  {
    name: "modern: a page that is linked again is not refreshed",
    file: "pages.ts",
    from: "if (sp.role === wanted) return refreshPage(kvm, sp, LOOKUP);",
    to: "if (sp.role === wanted) return false;",
  },
  {
    name: "modern: only one role of a table is marked unsync",
    file: "spte.ts",
    from: "    if (sp.unsync !== true) markUnsync(kvm, sp, LEVEL1_ALL_ROLES);\n  }\n  return true;",
    to: "    if (sp.unsync !== true) {\n      markUnsync(kvm, sp, LEVEL1_ALL_ROLES);\n      return true;\n    }\n  }\n  return true;",
  },
  {
    name: "modern: INVLPG leaves entries of unsync pages as they are",
    file: "control.ts",
    from: "if (sp.unsync && isPresent(spt[sptep * 2], spt[sptep * 2 + 1])) rederiveSpte(kvm, sp, sptep);",
    to: "",
  },
];
