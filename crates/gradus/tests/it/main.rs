//! The crates together, against numbers from PyTorch (made by `xtask/fixtures/training.py`).

mod fixture;
mod pytorch;
