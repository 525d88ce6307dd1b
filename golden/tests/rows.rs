//! Rows worked by hand: small numbers, each word derivable on paper, so that order and meaning do not rest on any program.

use statestream_golden::{GoldenError, Model, Session, Trace};
use statestream_image::layout::{flag, Header, Image, Kind, Meta, Operand, Row, Section, TABLE_WORDS};

/// m = 1.
const ONE: i16 = 1 << 14;
/// One half as a pole.
const HALF: i16 = 1 << 14;

fn at(base: usize, len: usize) -> Operand {
    Operand { len, base }
}

fn row(params: &[i16], a: &[i8], b: &[i8]) -> Row {
    Row { params: params.to_vec(), a: a.to_vec(), b: b.to_vec(), at: 0 }
}

fn section(kind: Kind, flags: u16, a: Operand, dest: usize, rows: Vec<Row>) -> Section {
    let n = usize::from(matches!(kind, Kind::Channel | Kind::Recur));
    let (shifts, operand, layer) = ([0; 3], 0, 0);
    let mut section = Section {
        kind,
        flags,
        a,
        b: a,
        dest,
        params: 0,
        state_words: 0,
        n,
        shifts,
        operand,
        layer,
        at: 0,
        rows,
    };
    section.params = section.expected_params();
    section.state_words = section.expected_state_words();
    section
}

/// h = (1000, -200) for both tokens; n = h at 0; `middle`; n = h; two logits, one per channel. ReLU, no noise.
fn image(middle: Vec<Section>, vector_words: usize, state: &[i16]) -> Image {
    let copy = section(Kind::Norm, flag::COPY, at(0, 2), 0, vec![]);
    let head = [[1, 0], [0, 1]].map(|w| row(&[0, ONE, 0], &w, &[])).to_vec();
    let mut sections = vec![copy.clone()];
    sections.extend(middle);
    sections.extend([copy, section(Kind::Logit, 0, at(0, 2), 0, head)]);
    let header = Header {
        d: 2,
        vocab: 2,
        vector_words,
        eps_q: 1,
        states: 1,
        state_words: state.len(),
        ..Header::default()
    };
    let mut image = Image {
        header,
        tables: vec![0; TABLE_WORDS],
        draft: None,
        embedding: vec![1000, -200, 1000, -200],
        sections,
        states: vec![state.to_vec()],
        meta: Meta { vocab: vec!["a".into(), "b".into()], ..Meta::default() },
    };
    image.header.max_params = image.sections.iter().map(|s| s.params).max().unwrap();
    image
}

/// Section, row and its words.
type Reported = (u32, u32, Vec<i16>);

/// The words of one pass of token 0, and the state after it.
fn pass(image: &Image) -> (Vec<Reported>, Vec<i16>) {
    let mut session = Session::new(&Model::new(image).unwrap());
    let mut trace = Trace::new();
    assert_eq!(session.feed(0, true, Some(&mut trace)), Ok(Some(0)));
    let words = trace.items().chunk_by(|a, b| (a.section, a.row) == (b.section, b.row));
    let words = words.map(|c| (c[0].section, c[0].row, c.iter().map(|item| item.word).collect())).collect();
    (words, session.state().words().to_vec())
}

/// Section 1: one gated channel with conv, z at vector 2; section 2: h += (3 z, 10 - z).
fn gated() -> Image {
    // x = (n0 + 2 n1) + 5, r = 2 n0 + 48; u = x + x[t-1]/2; sr' = (sr + v)/2, si' = si/2; y = v/2 + sr' - 2 si'; z = y g.
    let params = [0, ONE, 5, 0, ONE, 48, 0, 0, 4096, 8192, 1024, HALF, 0, HALF, 2048, 4096];
    let mut channel =
        section(Kind::Channel, flag::PAIR | flag::CONV, at(0, 2), 2, vec![row(&params, &[1, 2], &[2, 0])]);
    channel.shifts = [13, 11, 11];
    let residual = vec![row(&[0, ONE, 0], &[3], &[]), row(&[0, ONE, 10], &[-1], &[])];
    image(vec![channel, section(Kind::Residual, 0, at(2, 1), 0, residual)], 3, &[7, 8, 100, 16, -8])
}

#[test]
fn a_gated_channel_reports_its_words_in_order() {
    let (words, state) = pass(&gated());
    let expected = vec![
        (0, 0, vec![1000, -200]),
        // a0, b0, x, r, u, g, v, sr' (335.5 rounds up), si', y (671.5 rounds up), z
        (1, 0, vec![600, 2000, 605, 2048, 655, 2048, 655, 336, -4, 672, 672]),
        (2, 0, vec![2016, 3016]),
        (2, 1, vec![-672, -862]),
        (3, 0, vec![3016, -862]),
        (4, 0, vec![3016, 3016, 0, 3016]),
        (4, 1, vec![-862, -862, 0, -862]),
    ];
    assert_eq!((words, state), (expected, vec![8, 100, 605, 336, -4]));
}

#[test]
fn a_plain_block_drives_reads_and_activates_into_h() {
    // v = n0 + n1 = 800; sr' = v/2 + i-coupled old states; X = (sr', si') at 2, 3.
    let drive = section(
        Kind::Recur,
        flag::COMPLEX,
        at(0, 2),
        2,
        vec![row(&[0, ONE, 0, 0, HALF, HALF], &[1, 1], &[])],
    );
    // y = u + X0 - X1 with u = n_i, then ReLU; h += v (k = 1).
    let activate = |a: [i8; 2]| row(&[0, ONE, 0, ONE, ONE], &a, &[]);
    let mut read = section(
        Kind::Activate,
        flag::TO_H | flag::ADD_H,
        at(2, 2),
        0,
        vec![activate([1, -1]), activate([-1, -1])],
    );
    read.operand = 0;
    let (words, state) = pass(&image(vec![drive, read], 4, &[60, -20]));
    let expected = vec![
        (0, 0, vec![1000, -200]),
        // sr' = (-ai si + b v) = 10 + 400, si' = ai sr = 30
        (1, 0, vec![800, 800, 410, 30]),
        (2, 0, vec![380, 1380, 1380, 2380]),
        (2, 1, vec![-440, -640, 0, -200]),
        (3, 0, vec![2380, -200]),
        (4, 0, vec![2380, 2380, 0, 2380]),
        (4, 1, vec![-200, -200, 0, -200]),
    ];
    assert_eq!((words, state), (expected, vec![410, 30]));
}

#[test]
fn a_gated_s5_block_overwrites_its_input_in_place() {
    let store = section(Kind::Store, flag::ACT, at(0, 2), 2, vec![row(&[1, ONE, 3], &[1, 1], &[])]);
    let drive = section(Kind::Recur, 0, at(2, 1), 3, vec![row(&[0, ONE, 0, 0, 0, HALF], &[2], &[])]);
    // y = v/2 + x, r = 2 n0 + 48 = 2048, z = y over v.
    let mut gate = section(
        Kind::Activate,
        flag::PAIR | flag::GATE,
        at(3, 1),
        2,
        vec![row(&[0, ONE, 0, 0, ONE, 48, HALF / 2], &[1], &[2, 0])],
    );
    (gate.b, gate.operand, gate.shifts) = (at(0, 2), 2, [0, 0, 11]);
    let residual = vec![row(&[0, ONE, 0], &[1], &[]), row(&[0, ONE, 0], &[0], &[])];
    let (words, _) =
        pass(&image(vec![store, drive, gate, section(Kind::Residual, 0, at(2, 1), 0, residual)], 4, &[0, 0]));
    // a0 = 800/2; v = 403; drive 806, sr' = 403; y = 403/2 + 403 = 604.5
    assert_eq!(
        words[1..4],
        [
            (1, 0, vec![400, 403, 403]),
            (2, 0, vec![806, 806, 403, 0]),
            (3, 0, vec![403, 2000, 2048, 605, 2048, 605])
        ]
    );
    assert_eq!(words[4], (4, 0, vec![605, 1605]));
}

#[test]
fn a_normalised_vector_has_the_length_that_the_table_says() {
    let mut image = gated();
    image.sections[0].flags = flag::FRESH;
    // Q[j] = 2^14 everywhere: n = h 2^14 2^k / 2^21.
    image.tables[64..97].fill(1 << 14);
    let mut session = Session::new(&Model::new(&image).unwrap());
    let mut trace = Trace::new();
    session.feed(0, true, Some(&mut trace)).unwrap();
    // q = 1 + 1000^2 + 200^2 = 1040001, just below 2^20: k = 12 brings it past 2^42. 1000 2^26 / 2^21 = 32000.
    let words: Vec<i16> = trace.items()[..3].iter().map(|item| item.word).collect();
    assert_eq!(words, [1 << 14, 32000, -6400]);
}

#[test]
fn every_way_to_be_no_model_names_its_place() {
    let message = |change: &dyn Fn(&mut Image)| {
        let mut image = gated();
        change(&mut image);
        Model::new(&image).unwrap_err().to_string()
    };
    let place = "section 1 (Channel, layer 0, byte 0x0)";
    assert_eq!(
        message(&|image| image.sections[1].rows[0].params.truncate(15)),
        format!("{place}, row 0: parameter words is 15, but the section asks for 16")
    );
    assert_eq!(
        message(&|image| image.sections[1].rows[0].b.clear()),
        format!("{place}, row 0: weights of row b is 0, but the section asks for 2")
    );
    assert_eq!(
        message(&|image| image.sections[1].dest = 1),
        format!("{place}: writes words 1..2, which overlap its operand at 0")
    );
    assert_eq!(message(&|image| image.header.eps_q = 0), "header: eps_q is 0, but it must be at least 1");
    assert_eq!(
        message(&|image| image.embedding.truncate(3)),
        "embedding: 3 words, but the header asks for 4"
    );
    assert_eq!(message(&|image| image.states[0].push(1)), "stored state: 6 words, but the header asks for 5");
    assert_eq!(message(&|image| image.states.clear()), "stored state 0 was asked for, but the image holds 0");
}

#[test]
fn u_is_overwritten_by_the_row_that_reads_it_or_not_at_all() {
    let gated_rows = |operand: usize| {
        let rows = vec![row(&[0, ONE, 0, 0, ONE, 0, 0], &[1, 1], &[0, 0]); 2];
        let mut gate = section(Kind::Activate, flag::PAIR | flag::GATE, at(0, 2), 2, rows);
        gate.operand = operand;
        Model::new(&image(vec![gate], 6, &[])).err()
    };
    assert_eq!([0, 2, 4].map(gated_rows), [None, None, None]);
    assert!(matches!(gated_rows(3), Some(GoldenError::Overlap { from: 2, to: 4, base: 3, .. })));
}

#[test]
fn a_sum_of_squares_beyond_44_bits_is_refused() {
    let mut image = gated();
    image.header.eps_q = (1 << 44) - (5 << 30);
    let repeated = image.sections[2].clone();
    assert!(Model::new(&image).is_ok());
    // Three times two rows write h, each up to 2^30, before the next norm.
    image.sections.splice(3..3, [repeated.clone(), repeated]);
    assert!(matches!(Model::new(&image), Err(GoldenError::Squares { .. })));
}

#[test]
fn what_the_image_crate_refuses_is_refused() {
    let mut image = gated();
    image.sections[1].flags = flag::CONV;
    assert!(matches!(Model::new(&image), Err(GoldenError::Image(_))));
}
