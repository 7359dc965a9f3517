"""Writes the contract for those who build apps: `docs/contract.md` and `docs/types.d.ts`, generated from the
models. What a field means is in the string below it, where the field is declared."""
