"""The fault harness: many jobs of many accounts through the real services while everything goes wrong,
and at the end every promise checked by code that shares nothing with what it checks."""
