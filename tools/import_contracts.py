"""An import contract that import-linter lacks: which packages of others may be imported, and none besides.
A list of what is forbidden is never whole."""

import sys
from typing import Any

from grimp import ImportGraph
from importlinter.application import output
from importlinter.domain import fields
from importlinter.domain.contract import Contract, ContractCheck
from importlinter.domain.helpers import module_expressions_to_modules


class AllowListContract(Contract):
    """Of other people's packages, the modules `source_modules` import only `allowed` and the standard
    library. What they reach through another module of ours is not looked at: that is for a contract on that
    module."""

    type_name = "allow_list"

    source_modules: Any = fields.SetField(subfield=fields.ModuleExpressionField())
    allowed: Any = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        del verbose
        packages = {m.name for m in module_expressions_to_modules(graph, self.source_modules)}
        modules = packages.union(*(graph.find_descendants(name) for name in packages))
        wrong = sorted(
            f"{module} -> {imported}"
            for module in modules
            for imported in graph.find_modules_directly_imported_by(module)
            if graph.is_module_squashed(imported) and not self._is_allowed(imported)
        )
        return ContractCheck(kept=not wrong, metadata={"wrong": wrong})

    def _is_allowed(self, imported: str) -> bool:
        return imported in {*sys.stdlib_module_names, *(self.allowed or ())}

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["wrong"]:
            output.print_error(line)
