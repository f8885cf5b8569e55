//! Makes a workbook of invented case counts: ten columns of mixed types, as many rows as asked for, always the same.
//!
//! `make-workbook OUT.xlsx ROWS`

use anyhow::{Context, Result};
use rust_xlsxwriter::{Format, Workbook};

const PROVINCES: [&str; 10] = [
    "Ontario",
    "Québec",
    "Alberta",
    "British Columbia",
    "Nova Scotia",
    "Manitoba",
    "Nunavut",
    "Yukon",
    "Saskatchewan",
    "Île-du-Prince-Édouard",
];

const LABELS: [&str; 10] = [
    "File number / No de dossier",
    "Country / Pays",
    "Province",
    "Received / Reçu",
    "Decided / Décidé",
    "Persons / Personnes",
    "Share / Part",
    "Fee (CAD) / Frais",
    "Complete / Complet",
    "Remark / Remarque",
];

/// Numbers that look random and never change (xorshift64, Marsaglia 2003).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from((self.0 >> 20) % u64::from(limit)).unwrap_or_default()
    }
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().context("make-workbook OUT.xlsx ROWS")?;
    let rows: u32 = arguments.next().context("how many rows?")?.parse()?;
    let date = Format::new().set_num_format("yyyy-mm-dd");
    let share = Format::new().set_num_format("0.0%");
    let money = Format::new().set_num_format("#,##0.00");
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (col, label) in (0..).zip(LABELS) {
        sheet.write_string(0, col, label)?;
    }
    let mut numbers = Numbers(0x2545_F491_4F6C_DD1D);
    for row in 1..=rows {
        sheet.write_number(row, 0, f64::from(100_000_000 + row))?;
        sheet.write_string(row, 1, format!("Country {}", numbers.below(197)))?;
        let province = usize::try_from(numbers.below(10))?;
        sheet.write_string(row, 2, PROVINCES[province])?;
        let received = 40_000 + numbers.below(6000);
        sheet.write_number_with_format(row, 3, f64::from(received), &date)?;
        if numbers.below(7) != 0 {
            let decided = received + numbers.below(700);
            sheet.write_number_with_format(row, 4, f64::from(decided), &date)?;
        }
        sheet.write_number(row, 5, f64::from(numbers.below(5000)))?;
        let part = f64::from(numbers.below(100_000)) / 99_999.0;
        sheet.write_number_with_format(row, 6, part, &share)?;
        let fee = f64::from(numbers.below(1_000_000)) / 100.0;
        sheet.write_number_with_format(row, 7, fee, &money)?;
        sheet.write_boolean(row, 8, numbers.below(2) == 1)?;
        if numbers.below(3) == 0 {
            let remark = format!(
                "File \"{row}\", received on day {} & checked",
                numbers.below(31)
            );
            sheet.write_string(row, 9, remark)?;
        } else {
            sheet.write_string(row, 9, "--")?;
        }
    }
    Ok(workbook.save(out)?)
}
