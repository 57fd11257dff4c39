//! A truth for exponentials: the series in twice the precision of `f64` (about 32 digits).

/// An unevaluated sum of two numbers.
#[derive(Clone, Copy, Debug)]
struct Twice(f64, f64);

impl Twice {
    fn sum(a: f64, b: f64) -> Self {
        let s = a + b;
        let t = s - a;
        Twice(s, (a - (s - t)) + (b - t))
    }

    fn plus(self, other: Self) -> Self {
        let s = Self::sum(self.0, other.0);
        Self::sum(s.0, s.1 + self.1 + other.1)
    }

    fn times(self, other: Self) -> Self {
        let p = self.0 * other.0;
        let e = self.0.mul_add(other.0, -p) + (self.0 * other.1 + self.1 * other.0);
        Self::sum(p, e)
    }

    fn over(self, d: f64) -> Self {
        let q = self.0 / d;
        let r = (-q).mul_add(d, self.0) + self.1;
        Self::sum(q, r / d)
    }
}

fn product(n: usize, a: &[Twice], b: &[Twice]) -> Vec<Twice> {
    let mut c = vec![Twice(0.0, 0.0); n * n];
    for i in 0..n {
        for k in 0..n {
            for j in 0..n {
                c[i * n + j] = c[i * n + j].plus(a[i * n + k].times(b[k * n + j]));
            }
        }
    }
    c
}

/// e^A by its series at A/2ᵏ of norm below 1/4, squared k times.
pub(crate) fn exponential(n: usize, a: &[f64]) -> Vec<f64> {
    let norm = (0..n).map(|i| a[i * n..(i + 1) * n].iter().map(|x| x.abs()).sum::<f64>()).fold(0.0, f64::max);
    let k = if norm > 0.25 { (norm / 0.25).log2().ceil() as i32 } else { 0 };
    let a: Vec<Twice> = a.iter().map(|x| Twice(x * 0.5f64.powi(k), 0.0)).collect();
    let eye: Vec<Twice> = (0..n * n).map(|i| Twice(if i % (n + 1) == 0 { 1.0 } else { 0.0 }, 0.0)).collect();
    let (mut term, mut sum) = (eye.clone(), eye);
    for i in 1..=22 {
        term = product(n, &term, &a).into_iter().map(|x| x.over(f64::from(i))).collect();
        sum.iter_mut().zip(&term).for_each(|(s, &t)| *s = s.plus(t));
    }
    (0..k).for_each(|_| sum = product(n, &sum, &sum));
    sum.into_iter().map(|x| x.0).collect()
}
