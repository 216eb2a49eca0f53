use super::*;
use crate::cursor::Cursor;

fn read_bytes(bytes: &[u8]) -> Result<Pickle> {
    read(&mut Cursor::new(bytes))
}

fn refusal(bytes: &[u8]) -> String {
    format!("{:#}", read_bytes(bytes).expect_err("the pickle was accepted"))
}

#[test]
fn reads_plain_values() {
    for (bytes, expected) in [
        (&b"\x80\x02N."[..], Value::None),
        (b"\x80\x02\x88.", Value::Bool(true)),
        (b"\x80\x02K\xff.", Value::Int(255)),
        (b"\x80\x02M\xff\xff.", Value::Int(65535)),
        (b"\x80\x02J\xff\xff\xff\xff.", Value::Int(-1)),
        (b"\x80\x02\x8a\x02\x00\xff.", Value::Int(-256)),
        (b"\x80\x02\x8a\x00.", Value::Int(0)),
        (b"\x80\x02X\x02\x00\x00\x00hi.", Value::Text("hi".to_owned())),
    ] {
        assert_eq!(*read_bytes(bytes).unwrap().root().unwrap(), expected);
    }
}

#[test]
fn reads_containers_and_memo() {
    // {'a': (1, 'a'), 'b': [2]} with 'a' taken from the memo the second time.
    let pickle = read_bytes(b"\x80\x02}(X\x01\x00\x00\x00aq\x00K\x01h\x00\x86X\x01\x00\x00\x00b]K\x02au.").unwrap();
    let Value::Dict(entries) = pickle.root().unwrap() else { panic!("not a dict") };
    assert_eq!(entries.len(), 2);
    assert_eq!(pickle.text(entries[0].0).unwrap(), "a");
    let Value::Tuple(items) = pickle.value(entries[0].1).unwrap() else { panic!("not a tuple") };
    assert_eq!(pickle.value(items[0]).unwrap(), &Value::Int(1));
    assert_eq!(pickle.text(items[1]).unwrap(), "a");
    let Value::List(items) = pickle.value(entries[1].1).unwrap() else { panic!("not a list") };
    assert_eq!(pickle.value(items[0]).unwrap(), &Value::Int(2));
}

#[test]
fn refuses_globals_that_could_run_something() {
    for (module, name) in
        [("os", "system"), ("builtins", "eval"), ("torch._utils", "_rebuild_tensor_v3"), ("torch", "load")]
    {
        let bytes = format!("c{module}\n{name}\n.");
        let message = refusal(bytes.as_bytes());
        assert!(message.contains(&format!("names {module}.{name}")), "{message}");
    }
}

#[test]
fn refuses_opcodes_that_state_dicts_do_not_use() {
    // INST, OBJ, NEWOBJ, STACK_GLOBAL, EXT1, PERSID, STRING, BINBYTES, REDUCE on an integer.
    for opcode in
        [&b"ios\nsystem\n"[..], b"o", b"\x81", b"\x93", b"\x82\x01", b"Pkey\n", b"S'x'\n", b"B\x01\x00\x00\x00x"]
    {
        let mut bytes = b"\x80\x02(K\x01".to_vec();
        bytes.extend(opcode);
        bytes.push(b'.');
        assert!(refusal(&bytes).contains("opcode"));
    }
    assert!(refusal(b"\x80\x02K\x01)R.").contains("not a global"));
    assert!(refusal(b"\x80\x02ctorch\nFloatStorage\n)R.").contains("calls a storage class"));
    assert!(refusal(b"\x80\x04N.").contains("protocols"));
}

#[test]
fn survives_a_dict_that_contains_itself() {
    let pickle = read_bytes(b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.").unwrap();
    let Value::Dict(entries) = pickle.root().unwrap() else { panic!("not a dict") };
    assert_eq!(pickle.value(entries[0].1).unwrap().kind(), "a dict");
}

#[test]
fn refuses_huge_lengths_without_allocating_them() {
    assert!(refusal(b"\x80\x02X\xff\xff\xff\xffhi.").contains("4294967295 bytes"));
    assert!(refusal(b"\x80\x02X\x00\x10\x00\x00hi.").contains("needs 4096 bytes"));
    assert!(refusal(b"\x80\x02\x8a\xff.").contains("255 bytes"));
    assert!(refusal(b"\x80\x02Nr\xff\xff\xff\xff.").contains("memo slot"));
}

#[test]
fn refuses_a_pickle_without_an_end() {
    let endless = vec![b'N'; 2_000_000];
    assert!(refusal(&endless).contains("more than"));
    assert!(refusal(&vec![b'('; 2_000_000]).contains("more than"));
    assert!(refusal(b"").contains("needs 1 bytes"));
}

#[test]
fn refuses_a_stack_that_does_not_fit() {
    assert!(refusal(b"\x80\x02.").contains("stack is empty"));
    assert!(refusal(b"\x80\x02NN.").contains("leaves values"));
    assert!(refusal(b"\x80\x02t.").contains("no mark"));
    assert!(refusal(b"\x80\x02K\x01(a.").contains("stack is empty"));
    assert!(refusal(b"\x80\x02}(Nu.").contains("key without a value"));
    assert!(refusal(b"\x80\x02h\x00.").contains("memo slot 0 is empty"));
}

proptest::proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(0_u8.., 0..300)) {
        let _ = read_bytes(&bytes);
    }
}
