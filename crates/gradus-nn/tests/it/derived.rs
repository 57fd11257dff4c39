//! Nets as trees of names: ties through copies, children, other kinds of numbers, freezing by pattern.

use gradus_nn::rand::{Rng, SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_nn::tensor::{Mode, Real, Tensor, Tree};
use gradus_nn::{Activation, BatchNorm, Linear, Module, Named, Recurrent, Sequential, state};

#[derive(Debug, Module)]
struct Coder<T: Real = f32> {
    encode: Linear<T>,
    layers: Vec<Linear<T>>,
    decode: Linear<T>,
    trunk: Sequential<T>,
}

fn coder<T: Real>(rng: &mut impl Rng) -> Coder<T> {
    let encode = Linear::new(3, 3, rng);
    let mut decode = Linear::new(3, 3, rng);
    *decode.weight_mut() = encode.weight().tie();
    let trunk = Sequential::new().then(Linear::new(3, 2, rng)).then(BatchNorm::new(2)).then(Activation::tanh());
    Coder { encode, layers: vec![Linear::new(3, 3, rng)], decode, trunk }
}

fn rng() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(21)
}

fn set_all<M: Module>(net: &mut M, name: &str, value: f64) {
    struct Fill<'a>(&'a str, gradus_nn::tensor::Path, f64);
    impl<T: Real> gradus_nn::tensor::VisitorMut<T> for Fill<'_> {
        fn enter(&mut self, name: gradus_nn::tensor::Name) {
            self.1.push(name);
        }
        fn leave(&mut self) {
            self.1.pop();
        }
        fn tensor(&mut self, x: &mut Tensor<T>) {
            if self.1.to_string() == self.0 {
                x.rewrite_leaf(|x| x.fill(T::from_f64(self.2)));
            }
        }
    }
    net.visit_mut(&mut Fill(name, gradus_nn::tensor::Path::default(), value));
}

#[test]
fn a_clone_keeps_ties_inside_and_has_none_outside() {
    let net = coder::<f32>(&mut rng());
    let before = net.encode.weight().value().to_vec();
    let copy = net.clone();
    let leaf = |l: &Linear| l.weight().leaves()[0].leaf().unwrap().0;
    assert_eq!(leaf(&copy.encode), leaf(&copy.decode), "tied in the clone");
    assert_ne!(leaf(&copy.encode), leaf(&net.encode), "not to the first");
    assert_eq!(copy.count_parameters(), net.count_parameters());
    assert_eq!(state(&copy).len(), state(&net).len());
    let again = copy.clone();
    assert_eq!(leaf(&again.encode), leaf(&again.decode));
    assert_ne!(leaf(&again.encode), leaf(&copy.encode), "nor are two clones");
    let alone = net.encode.clone();
    assert_ne!(leaf(&alone), leaf(&net.decode), "a part that is cloned alone learns apart");
    assert_eq!(net.encode.weight().value().to_vec(), before);
    let list = Sequential::new().then(copy.encode).then(copy.decode);
    let ids: Vec<_> = list.clone().leaves().iter().map(|y| y.leaf().unwrap().0).collect();
    assert_eq!((ids[0], ids.len()), (ids[2], 4), "in lists too");
}

#[test]
fn the_same_net_over_another_kind_of_number() {
    let mut single = coder::<f32>(&mut rng());
    single.freeze("layers.*", true).unwrap();
    let x = Tensor::from_slice(&[2, 3], &[0.1_f32, -0.5, 2.0, 1.0, 0.3, -0.7]);
    let _ = single.trunk.forward(&x, &mut Mode::train(&mut rng()));
    set_all(&mut single, "encode.bias", 0.25);
    let twin = coder::<f64>(&mut Xoshiro256PlusPlus::seed_from_u64(99));
    let double = single.to_f64(twin).unwrap();
    assert_eq!(double.encode.bias().unwrap().value().to_vec(), [0.25; 3]);
    for ((a, x), (b, y)) in state(&single).iter().zip(&state(&double)) {
        let wide: Vec<f64> = x.to_vec().iter().map(|&x| f64::from(x)).collect();
        assert_eq!((a, &wide), (b, &y.to_vec()));
    }
    let frozen = |names: Vec<(String, bool)>| names.into_iter().filter(|(_, f)| *f).map(|(n, _)| n).collect::<Vec<_>>();
    let flags = double.named_parameters().into_iter().map(|(n, p)| (n, p.is_frozen())).collect();
    assert_eq!(frozen(flags), ["layers.0.weight", "layers.0.bias"]);
    let back = double.to_f32(coder::<f32>(&mut Xoshiro256PlusPlus::seed_from_u64(5))).unwrap();
    let (a, b) = (state(&back), state(&single));
    assert!(a.iter().zip(&b).all(|((_, x), (_, y))| x.to_vec() == y.to_vec()), "there and back is the same");
    let other = Linear::<f64>::new(2, 2, &mut rng());
    assert!(single.to_f64(other).unwrap_err().to_string().contains("encode.weight"));
}

#[test]
fn layers_and_children_by_name() {
    let net = coder::<f32>(&mut rng());
    let pairs = |list: &[(&str, &str)]| list.iter().map(|&(n, k)| (n.to_owned(), k.to_owned())).collect::<Vec<_>>();
    let children = [("encode", "Linear"), ("layers.0", "Linear"), ("decode", "Linear"), ("trunk", "Sequential")];
    assert_eq!(net.named_children(), pairs(&children));
    let inside = [("trunk.0", "Linear"), ("trunk.1", "BatchNorm"), ("trunk.2", "tanh")];
    assert_eq!(net.named_layers(), pairs(&[&children[..], &inside].concat()));
}

#[test]
fn freezing_by_pattern() {
    let mut net = coder::<f32>(&mut rng());
    assert_eq!(net.freeze("*.weight", true).unwrap(), 5);
    assert_eq!(net.freeze("trunk.*.weight", false).unwrap(), 2);
    let frozen = net.named_parameters().iter().filter(|(_, p)| p.is_frozen()).count();
    assert_eq!(frozen, 3);
    assert!(net.freeze("trank.*", true).unwrap_err().to_string().contains("did you mean"));
}

#[test]
fn stacked_recurrent_layers_have_pytorchs_names() {
    let net = Recurrent::<f32>::lstm(3, 2).layers(2).bidirectional().build(&mut rng());
    let names: Vec<String> = net.named_parameters().into_iter().map(|(n, _)| n).collect();
    let parts = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"];
    let want: Vec<String> = ["l0", "l0_reverse", "l1", "l1_reverse"]
        .iter()
        .flat_map(|layer| parts.iter().map(move |part| format!("{part}_{layer}")))
        .collect();
    assert_eq!(names, want);
    let y = net.forward(&Tensor::ones(&[2, 4, 3]), &mut Mode::eval());
    assert_eq!(y.shape(), [2, 4, 4]);
    let same = net.clone().forward(&Tensor::ones(&[2, 4, 3]), &mut Mode::eval());
    assert_eq!(same.to_vec(), y.to_vec());
}
