"""Production's default models on the emulators, which otherwise use the built-in ones. A request cannot name
the model of a training or of the director."""

from mediaforge.domain.catalogue import Catalogue


def with_production_defaults(catalogue: Catalogue) -> Catalogue:
    defaults = catalogue.defaults
    production = defaults.model_copy(update={"emulators": defaults.production})
    return catalogue.model_copy(update={"defaults": production})
