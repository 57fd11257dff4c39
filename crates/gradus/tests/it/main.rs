//! The crates together: against numbers from PyTorch (made by `xtask/fixtures/training.py`), and the gradient penalty through every layer.

mod fixture;
mod penalised_layers;
mod pytorch;
