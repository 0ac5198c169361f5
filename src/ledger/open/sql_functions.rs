//! What the domain says of ids and titles, as functions in SQL.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};

use crate::job::{Column, Fields, RowId, RowName, TransactionId, comparable_title};

/// Adds them to a connection, so that neither an import nor a question about many rows needs a second pass.
pub(super) fn add_functions(connection: &Connection, ledger_id: String) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    let is_generated = |name, is_generated: fn(&str) -> bool| {
        connection.create_scalar_function(name, 1, flags, move |context| {
            let id: Option<String> = context.get(0)?;
            Ok(id.is_some_and(|id| is_generated(&id)))
        })
    };
    is_generated("is_generated_row_id", |id| {
        RowId::parse(id).is_ok_and(|id| id.is_generated())
    })?;
    is_generated("is_generated_transaction_id", |id| {
        TransactionId::parse(id).is_ok_and(|id| id.is_generated())
    })?;
    connection.create_scalar_function("comparable_title", 1, flags, |context| {
        let title: Option<String> = context.get(0)?;
        Ok(title.as_deref().map(comparable_title))
    })?;
    connection.create_scalar_function("row_name", 4, flags, |context| row_name(context))?;
    connection.create_scalar_function("own_audience", 2, flags, |context| own_audience(context))?;
    connection.create_scalar_function("generated_transaction_id", 1, flags, move |context| {
        let row_id = RowId::parse(&context.get::<String>(0)?)
            .map_err(|error| rusqlite::Error::UserFunctionError(error.into()))?;
        Ok(TransactionId::generated(&ledger_id, &row_id).to_string())
    })
}

/// Whom a row reaches by its own cells, and not by constants: by its cells and the names of its constants.
fn own_audience(context: &Context<'_>) -> rusqlite::Result<String> {
    let mut fields = Fields::from_json(&context.get::<String>(0)?).unwrap_or_default();
    let constants: Vec<String> =
        serde_json::from_str(&context.get::<String>(1)?).unwrap_or_default();
    for column in constants.iter().filter_map(|name| name.parse().ok()) {
        if matches!(column, Column::Signer(..)) {
            fields.set(column, "");
        }
    }
    Ok(fields.audience())
}

/// What a row is called, by its row id, its number, the list that has it and its cells.
fn row_name(context: &Context<'_>) -> rusqlite::Result<String> {
    let (row_id, list): (String, Option<String>) = (context.get(0)?, context.get(2)?);
    let fields = Fields::from_json(&context.get::<String>(3)?).unwrap_or_default();
    let name = RowName {
        number: context.get(1)?,
        list: list.as_deref(),
        address: fields.first_address(),
        row_id: &row_id,
    };
    Ok(name.to_string())
}
