//! Ops that move numbers: views, shapes, pieces.

rooms! {
    alias: Alias as Straight;
    broadcast_to: BroadcastTo as Straight;
    concat: Concat as Straight;
    diagonal: DiagEmbed as Straight, Diagonal as Straight;
    flip: Flip as Composed;
    gather: Gather as Straight;
    index_add: IndexAdd as Straight;
    index_select: IndexSelect as Straight;
    narrow: Narrow as Composed;
    one_hot: OneHot as Composed;
    pad: Pad as Straight, PadCircular as Composed, PadReflect as Composed, PadReplicate as Composed;
    permute: Permute as Straight;
    repeat: Repeat as Composed, RepeatInterleave as Composed;
    reshape: Reshape as Straight;
    roll: Roll as Composed;
    scatter_add: ScatterAdd as Straight;
    slice: Slice as Straight, Unslice as Straight;
    split: Chunk as Composed, Split as Composed, Unbind as Composed;
    stack: Stack as Composed;
    triangle: Tril as Composed, Triu as Composed;
}
