//! Solvers that go to convergence: gradient descent with its step rules, L-BFGS, conjugate gradients, Newton-CG, Gauss-Newton.
//!
//! All minimise a risk F, a closure over the net that answers one number, and say in a [`Report`] why they stopped and what
//! it cost. A closure that draws masks evaluates under [`Mode::again`](gradus_tensor::Mode::again): within a run F must be
//! one function.
//!
//! ```
//! use gradus_optim::solve::{Armijo, GradientDescent, Stop};
//! use gradus_tensor::{Tensor, ndarray::array};
//! let mut w = Tensor::from(array![3.0_f64, -2.0]).tracked();
//! let report = GradientDescent::new(Armijo::default())
//!     .stop(Stop::GradientNorm(1e-8))
//!     .run(&mut w, |w: &Tensor<f64>| (w.square() * Tensor::from(array![1.0, 10.0])).sum())?;
//! assert!(report.gradient_norm <= 1e-8);
//! println!("{report}"); // … iterations: ‖∇F‖ = … ≤ 1e-8
//! # Ok::<(), gradus_optim::Error>(())
//! ```

mod conjugate;
mod descent;
mod gauss_newton;
mod lbfgs;
mod newton;
mod report;
mod rules;
mod space;
mod wolfe;

pub use conjugate::{Beta, ConjugateGradient};
pub use descent::GradientDescent;
pub use gauss_newton::GaussNewton;
pub use lbfgs::Lbfgs;
pub use newton::NewtonCg;
pub use report::{Counts, Reason, Record, Report, Stop};
pub use rules::{Armijo, BarzilaiBorwein, Fixed, Ray, Scheduled, StepRule};
pub use wolfe::StrongWolfe;
