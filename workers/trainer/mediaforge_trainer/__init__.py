"""The trainer behind MediaForge's `trainBrand`: a brand's pictures in, LoRA weights of an open model out.

`__main__` runs one training and ends with the status that docs/trainer.md names; `order` reads what is to be
trained, `store` reads and writes files, `pictures` decodes them, `families` knows how each kind of model is
trained, `training` takes the steps and keeps checkpoints.
"""
