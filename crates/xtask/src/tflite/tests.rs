use super::*;

/// A TFLite file in few lines: pieces are appended and reached by forward offsets.
struct Builder {
    bytes: Vec<u8>,
}

/// One field of a table being written.
enum Field {
    Absent,
    Byte(u8),
    Word(u32),
    /// A forward offset, patched in later.
    Offset,
}

impl Builder {
    fn new() -> Self {
        let mut bytes = vec![0; 4];
        bytes.extend(b"TFL3");
        Self { bytes }
    }

    fn word(&mut self, value: u32) {
        self.bytes.extend(value.to_le_bytes());
    }

    /// Points the offset at `from` to the end of what is written so far.
    fn point_here(&mut self, from: usize) {
        let offset = u32::try_from(self.bytes.len() - from).unwrap();
        self.bytes[from..from + 4].copy_from_slice(&offset.to_le_bytes());
    }

    /// Writes vtable and table; returns where each field's value is.
    fn table(&mut self, pointer: usize, fields: &[Field]) -> Vec<usize> {
        let vtable_bytes = 4 + 2 * fields.len();
        let vtable = self.bytes.len();
        let table_bytes = 4 + 4 * fields.len();
        self.bytes.extend(u16::try_from(vtable_bytes).unwrap().to_le_bytes());
        self.bytes.extend(u16::try_from(table_bytes).unwrap().to_le_bytes());
        for (index, field) in fields.iter().enumerate() {
            let offset = if matches!(field, Field::Absent) { 0 } else { 4 + 4 * index };
            self.bytes.extend(u16::try_from(offset).unwrap().to_le_bytes());
        }
        self.point_here(pointer);
        let at = self.bytes.len();
        self.word(u32::try_from(at - vtable).unwrap());
        for field in fields {
            self.word(match field {
                Field::Absent | Field::Offset => 0,
                Field::Byte(value) => u32::from(*value),
                Field::Word(value) => *value,
            });
        }
        (0..fields.len()).map(|index| at + 4 + 4 * index).collect()
    }

    /// Starts a vector of offsets; returns where they are.
    fn offsets(&mut self, pointer: usize, count: usize) -> Vec<usize> {
        self.point_here(pointer);
        self.word(u32::try_from(count).unwrap());
        let start = self.bytes.len();
        self.bytes.resize(start + 4 * count, 0);
        (0..count).map(|index| start + 4 * index).collect()
    }

    fn words(&mut self, pointer: usize, values: &[u32]) {
        self.point_here(pointer);
        self.word(u32::try_from(values.len()).unwrap());
        values.iter().for_each(|&value| self.word(value));
    }

    fn raw(&mut self, pointer: usize, bytes: &[u8]) {
        self.point_here(pointer);
        self.word(u32::try_from(bytes.len()).unwrap());
        self.bytes.extend(bytes);
    }
}

/// Three tensors: an activation, a dense F32 constant `w` of [1, 2], a sparse F16 constant `s` of [2, 4].
fn small_file() -> Vec<u8> {
    let mut builder = Builder::new();
    let model = builder.table(0, &[Field::Word(3), Field::Absent, Field::Offset, Field::Absent, Field::Offset]);
    let subgraph = builder.offsets(model[2], 1)[0];
    let subgraph = builder.table(subgraph, &[Field::Offset]);
    let tensors = builder.offsets(subgraph[0], 3);
    for (pointer, (name, kind, buffer, shape)) in
        tensors.into_iter().zip([("input", 0, 0, [1, 8]), ("w", 0, 1, [1, 2]), ("s", 1, 2, [2, 4])])
    {
        let sparse = if name == "s" { Field::Offset } else { Field::Absent };
        let kinds = [Field::Offset, Field::Byte(kind), Field::Word(buffer), Field::Offset];
        let tensor: Vec<Field> = kinds.into_iter().chain([Field::Absent, Field::Absent, sparse]).collect();
        let fields = builder.table(pointer, &tensor);
        builder.words(fields[0], &shape);
        builder.raw(fields[3], name.as_bytes());
        if name == "s" {
            let parts = builder.table(fields[6], &[Field::Offset, Field::Absent, Field::Offset]);
            builder.words(parts[0], &[0, 1]);
            let levels = builder.offsets(parts[2], 2);
            builder.table(levels[0], &[Field::Absent, Field::Word(2)]);
            let vectors = [Field::Byte(1), Field::Offset, Field::Byte(3), Field::Offset];
            let level: Vec<Field> = [Field::Byte(1), Field::Absent].into_iter().chain(vectors).collect();
            let level = builder.table(levels[1], &level);
            let segments = builder.table(level[3], &[Field::Offset]);
            builder.words(segments[0], &[0, 1, 3]);
            let indices = builder.table(level[5], &[Field::Offset]);
            builder.raw(indices[0], &[2, 0, 3]);
        }
    }
    let buffers = builder.offsets(model[4], 3);
    builder.table(buffers[0], &[]);
    let dense = builder.table(buffers[1], &[Field::Offset]);
    builder.raw(dense[0], &[1.0_f32.to_le_bytes(), 2.0_f32.to_le_bytes()].concat());
    let sparse = builder.table(buffers[2], &[Field::Offset]);
    builder.raw(sparse[0], &[1, 2, 3, 4, 5, 6]);
    builder.bytes
}

#[test]
fn reads_dense_and_sparse_constants_and_no_activations() {
    let tensors = read_constants(&small_file()).unwrap();
    assert_eq!(tensors.keys().collect::<Vec<_>>(), ["s", "w"]);
    assert_eq!((tensors["w"].dtype, tensors["w"].shape.as_slice()), (Dtype::F32, &[1_usize, 2][..]));
    assert_eq!(tensors["w"].bytes[4..], 2.0_f32.to_le_bytes());
    assert_eq!((tensors["s"].dtype, tensors["s"].shape.as_slice()), (Dtype::F16, &[2_usize, 4][..]));
    assert_eq!(tensors["s"].bytes, [0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 5, 6]);
}

#[test]
fn every_truncation_is_refused() {
    let file = small_file();
    for length in 0..file.len() {
        assert!(read_constants(&file[..length]).is_err(), "{length} of {} bytes were accepted", file.len());
    }
}

#[test]
fn another_file_type_is_refused() {
    let mut file = small_file();
    file[4..8].copy_from_slice(b"TFL2");
    assert!(format!("{:#}", read_constants(&file).unwrap_err()).contains("TFL3"));
    assert!(read_constants(b"").is_err());
    assert!(read_constants(&[0; 64]).is_err());
    assert!(read_constants(&[0xff; 64]).is_err());
}

proptest::proptest! {
    #[test]
    fn no_mutation_makes_it_panic(edits in proptest::collection::vec((0_usize..2000, 0_u8..), 1..8)) {
        let mut file = small_file();
        for (at, byte) in edits {
            let at = at % file.len();
            file[at] = byte;
        }
        let _ = read_constants(&file);
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(0_u8.., 0..300)) {
        let mut file = vec![8, 0, 0, 0];
        file.extend(b"TFL3");
        file.extend(bytes);
        let _ = read_constants(&file);
    }
}
