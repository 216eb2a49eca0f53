//! The stack machine: opcodes in, values out.

use anyhow::{Context, Result, bail, ensure};

use super::{Element, Global, Id, Pickle, StorageRef, TensorRef, Value};
use crate::cursor::Cursor;
use crate::tensors::element_count;

/// A state dict of a few hundred tensors takes about 30 opcodes each.
const MAX_OPCODES: usize = 1_000_000;
const MAX_MEMO: usize = 1_000_000;
const MAX_TEXT_BYTES: usize = 4096;
const MAX_NAME_BYTES: usize = 128;
/// PyTorch's own file magic is 10 bytes long.
const MAX_LONG_BYTES: usize = 16;

/// Reads one pickle from the cursor up to and including its `STOP`.
///
/// # Errors
/// On any opcode or global that a state dict does not use, on bytes that end early, and on
/// operands of the wrong kind.
pub fn read(input: &mut Cursor<'_>) -> Result<Pickle> {
    let mut machine = Machine::default();
    for _ in 0..MAX_OPCODES {
        let at = input.position();
        let opcode = input.byte()?;
        let step = machine.step(opcode, input);
        if let Some(root) = step.with_context(|| format!("pickle opcode 0x{opcode:02x} at byte {at}"))? {
            ensure!(machine.stack.is_empty() && machine.marks.is_empty(), "pickle leaves values on its stack");
            return Ok(Pickle { values: machine.values, root });
        }
    }
    bail!("pickle runs for more than {MAX_OPCODES} opcodes")
}

#[derive(Default)]
struct Machine {
    values: Vec<Value>,
    stack: Vec<Id>,
    /// Heights of the stack at each open MARK.
    marks: Vec<usize>,
    memo: Vec<Option<Id>>,
}

impl Machine {
    /// Carries out one opcode; `Some` ends the pickle.
    fn step(&mut self, opcode: u8, input: &mut Cursor<'_>) -> Result<Option<Id>> {
        match opcode {
            b'.' => return self.pop().map(Some),
            0x80 => ensure!((2..=3).contains(&input.byte()?), "only pickle protocols 2 and 3 are read"),
            b'(' => self.marks.push(self.stack.len()),
            b'N' => self.push(Value::None),
            0x88 => self.push(Value::Bool(true)),
            0x89 => self.push(Value::Bool(false)),
            b'K' => self.push_int(i64::from(input.byte()?)),
            b'M' => self.push_int(i64::from(u16::from_le_bytes(input.array()?))),
            b'J' => self.push_int(i64::from(i32::from_le_bytes(input.array()?))),
            0x8a => self.long(input)?,
            b'X' => self.text(input)?,
            b')' => self.push(Value::Tuple(Vec::new())),
            b']' => self.push(Value::List(Vec::new())),
            b'}' => self.push(Value::Dict(Vec::new())),
            0x85..=0x87 => self.short_tuple(usize::from(opcode - 0x84))?,
            b't' => {
                let items = self.pop_to_mark()?;
                self.push(Value::Tuple(items));
            }
            b'a' => {
                let item = self.pop()?;
                self.extend_list(vec![item])?;
            }
            b'e' => {
                let items = self.pop_to_mark()?;
                self.extend_list(items)?;
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.extend_dict(&[key, value])?;
            }
            b'u' => {
                let items = self.pop_to_mark()?;
                self.extend_dict(&items)?;
            }
            b'q' => self.put(usize::from(input.byte()?))?,
            b'r' => self.put(usize::try_from(u32::from_le_bytes(input.array()?))?)?,
            b'h' => self.get(usize::from(input.byte()?))?,
            b'j' => self.get(usize::try_from(u32::from_le_bytes(input.array()?))?)?,
            b'c' => self.global(input)?,
            b'Q' => self.persistent_storage()?,
            b'R' => self.reduce()?,
            b'b' => self.build()?,
            _ => bail!("an opcode that state dicts do not use"),
        }
        Ok(None)
    }

    fn push(&mut self, value: Value) {
        let id = Id(self.values.len());
        self.values.push(value);
        self.stack.push(id);
    }

    fn push_int(&mut self, value: i64) {
        self.push(Value::Int(value));
    }

    /// Takes the top of the stack, never from below the innermost mark.
    fn pop(&mut self) -> Result<Id> {
        let floor = self.marks.last().copied().unwrap_or(0);
        ensure!(self.stack.len() > floor, "the stack is empty");
        self.stack.pop().context("the stack is empty")
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Id>> {
        let mark = self.marks.pop().context("no mark on the stack")?;
        ensure!(mark <= self.stack.len(), "the mark lies above the stack");
        Ok(self.stack.split_off(mark))
    }

    fn top(&mut self) -> Result<&mut Value> {
        let floor = self.marks.last().copied().unwrap_or(0);
        ensure!(self.stack.len() > floor, "the stack is empty");
        let id = self.stack.last().context("the stack is empty")?;
        self.values.get_mut(id.0).context("reference to a value that is not there")
    }

    fn value(&self, id: Id) -> Result<&Value> {
        self.values.get(id.0).context("reference to a value that is not there")
    }

    fn int(&self, id: Id) -> Result<usize> {
        match self.value(id)? {
            Value::Int(number) => usize::try_from(*number).context("a negative size"),
            other => bail!("expected an integer, found {}", other.kind()),
        }
    }

    fn text_of(&self, id: Id) -> Result<&str> {
        match self.value(id)? {
            Value::Text(text) => Ok(text),
            other => bail!("expected text, found {}", other.kind()),
        }
    }

    fn tuple_of(&self, id: Id) -> Result<&[Id]> {
        match self.value(id)? {
            Value::Tuple(items) => Ok(items),
            other => bail!("expected a tuple, found {}", other.kind()),
        }
    }

    fn ints_of(&self, id: Id) -> Result<Vec<usize>> {
        self.tuple_of(id)?.iter().map(|&item| self.int(item)).collect()
    }

    fn long(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let length = usize::from(input.byte()?);
        ensure!(length <= MAX_LONG_BYTES, "an integer of {length} bytes");
        let bytes = input.take(length)?;
        if length > 8 {
            self.push(Value::BigInt(bytes.to_vec()));
            return Ok(());
        }
        let fill = if bytes.last().is_some_and(|&high| high & 0x80 != 0) { 0xff } else { 0 };
        let mut padded = [fill; 8];
        for (target, &byte) in padded.iter_mut().zip(bytes) {
            *target = byte;
        }
        self.push_int(i64::from_le_bytes(padded));
        Ok(())
    }

    fn text(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let length = usize::try_from(u32::from_le_bytes(input.array()?))?;
        ensure!(length <= MAX_TEXT_BYTES, "a text of {length} bytes");
        let text = std::str::from_utf8(input.take(length)?).context("text is not UTF-8")?;
        self.push(Value::Text(text.to_owned()));
        Ok(())
    }

    fn short_tuple(&mut self, length: usize) -> Result<()> {
        let mut items = Vec::with_capacity(length);
        for _ in 0..length {
            items.push(self.pop()?);
        }
        items.reverse();
        self.push(Value::Tuple(items));
        Ok(())
    }

    fn extend_list(&mut self, mut items: Vec<Id>) -> Result<()> {
        match self.top()? {
            Value::List(list) => list.append(&mut items),
            other => bail!("appends to {}", other.kind()),
        }
        Ok(())
    }

    fn extend_dict(&mut self, keys_and_values: &[Id]) -> Result<()> {
        let (pairs, rest) = keys_and_values.as_chunks::<2>();
        ensure!(rest.is_empty(), "a key without a value");
        match self.top()? {
            Value::Dict(dict) => dict.extend(pairs.iter().map(|&[key, value]| (key, value))),
            other => bail!("sets an item of {}", other.kind()),
        }
        Ok(())
    }

    fn put(&mut self, slot: usize) -> Result<()> {
        ensure!(slot < MAX_MEMO && slot <= self.values.len(), "memo slot {slot} is out of order");
        let id = *self.stack.last().context("the stack is empty")?;
        if self.memo.len() <= slot {
            self.memo.resize(slot + 1, None);
        }
        if let Some(entry) = self.memo.get_mut(slot) {
            *entry = Some(id);
        }
        Ok(())
    }

    fn get(&mut self, slot: usize) -> Result<()> {
        let id = self.memo.get(slot).copied().flatten();
        self.stack.push(id.with_context(|| format!("memo slot {slot} is empty"))?);
        Ok(())
    }

    fn global(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let module = input.line(MAX_NAME_BYTES)?;
        let name = input.line(MAX_NAME_BYTES)?;
        let global = match (module, name) {
            ("collections", "OrderedDict") => Global::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2") => Global::RebuildTensorV2,
            ("torch", "FloatStorage") => Global::Storage(Element::F32),
            ("torch", "HalfStorage") => Global::Storage(Element::F16),
            ("torch", "LongStorage") => Global::Storage(Element::I64),
            _ => bail!("names {module}.{name}, which state dicts do not use"),
        };
        self.push(Value::Global(global));
        Ok(())
    }

    /// `('storage', <class>, key, location, elements[, view])`: a view is refused.
    fn persistent_storage(&mut self) -> Result<()> {
        let id = self.pop()?;
        let (&[tag, class, key, _location, elements], rest) =
            self.tuple_of(id)?.split_first_chunk::<5>().context("a storage of fewer than five parts")?;
        ensure!(self.text_of(tag)? == "storage", "a persistent id that is not a storage");
        for &view in rest {
            ensure!(*self.value(view)? == Value::None, "a storage that is a view of another one");
        }
        let Value::Global(Global::Storage(element)) = *self.value(class)? else {
            bail!("a storage of an unknown class");
        };
        let storage = StorageRef { element, key: self.text_of(key)?.to_owned(), elements: self.int(elements)? };
        self.push(Value::Storage(storage));
        Ok(())
    }

    /// The two calls that a state dict makes, carried out as data.
    fn reduce(&mut self) -> Result<()> {
        let (arguments, callable) = (self.pop()?, self.pop()?);
        let Value::Global(global) = *self.value(callable)? else { bail!("calls something that is not a global") };
        let value = match global {
            Global::OrderedDict => {
                ensure!(self.tuple_of(arguments)?.is_empty(), "OrderedDict with arguments");
                Value::Dict(Vec::new())
            }
            Global::RebuildTensorV2 => Value::Tensor(self.tensor(arguments)?),
            Global::Storage(_) => bail!("calls a storage class"),
        };
        self.push(value);
        Ok(())
    }

    /// `(storage, offset, shape, strides, requires_grad, backward_hooks)`.
    fn tensor(&self, arguments: Id) -> Result<TensorRef> {
        let &[storage, offset, shape, strides, ..] = self.tuple_of(arguments)? else {
            bail!("a tensor of fewer than four parts");
        };
        let Value::Storage(storage) = self.value(storage)? else { bail!("a tensor without a storage") };
        let (shape, strides) = (self.ints_of(shape)?, self.ints_of(strides)?);
        ensure!(shape.len() == strides.len() && shape.len() <= 8, "a tensor's shape and strides do not fit");
        element_count(&shape)?;
        Ok(TensorRef { storage: storage.clone(), offset: self.int(offset)?, shape, strides })
    }

    /// The attributes of an ordered dict (`_metadata`) are dropped; nothing else may be built.
    fn build(&mut self) -> Result<()> {
        self.pop()?;
        match self.top()? {
            Value::Dict(_) => Ok(()),
            other => bail!("sets attributes of {}", other.kind()),
        }
    }
}
