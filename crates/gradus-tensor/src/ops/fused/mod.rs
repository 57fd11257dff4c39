//! Ops in one pass, with their formula in primitive ops beside them.

rooms! {
    batch_norm: BatchNorm as Whole;
    batch_norm_pull: BatchNormPull as Whole;
    cross_entropy: CrossEntropy as Whole;
    dropout: Dropout as Straight;
    gaussian_nll: GaussianNll as Whole;
    layer_norm: LayerNorm as Whole;
    linear: Linear as Whole;
    log_softmax: LogSoftmax as Itself;
    logsumexp: LogSumExp as Itself;
    mod_relu: ModRelu as Whole;
    rms_norm: RmsNorm as Whole;
    softmax: Softmax as Itself;
}
