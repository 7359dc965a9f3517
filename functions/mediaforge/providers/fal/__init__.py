"""fal.ai: many owners' models behind one queue, over plain HTTP."""
