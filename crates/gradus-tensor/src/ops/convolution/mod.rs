//! Convolution and its adjoints.

rooms! {
    conv: Conv as Product, ConvInput as Product, ConvWeight as Product;
    conv_bias: ConvBias as Whole;
}
