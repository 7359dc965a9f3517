"""Writes the contract for those who build apps: `docs/contract.md`, `docs/types.d.ts` and the types of
`clients/js`, generated from the models. What a field means is in the string below it, where the field is
declared."""
