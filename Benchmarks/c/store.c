// The least that storing takes: store SOURCE TARGET
//
// Reads every row of the database SOURCE into memory, then creates TARGET with the same schema and
// inserts the rows through prepared statements in one transaction, with the settings of
// Sources/AnalysisStore. Prints the CPU seconds of the creating and inserting, and the rows. Reading
// SOURCE is preparation and not measured.
#define _GNU_SOURCE
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
  char *name, *column_list;
  int columns;
  size_t rows, room;
  sqlite3_value **values;
} Table;

static double cpu(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static sqlite3 *database;

static void check(int result) {
  if (result == SQLITE_OK || result == SQLITE_ROW || result == SQLITE_DONE) return;
  fprintf(stderr, "%s\n", sqlite3_errmsg(database));
  exit(1);
}

static void execute(const char *sql) { check(sqlite3_exec(database, sql, NULL, NULL, NULL)); }

static sqlite3_stmt *prepare(const char *sql) {
  sqlite3_stmt *statement;
  check(sqlite3_prepare_v2(database, sql, -1, &statement, NULL));
  return statement;
}

// The columns that are stored: table_info leaves out those that are computed.
static char *column_list(const char *table) {
  sqlite3_stmt *list = prepare("SELECT group_concat('\"' || name || '\"') FROM pragma_table_info(?)");
  check(sqlite3_bind_text(list, 1, table, -1, SQLITE_STATIC));
  check(sqlite3_step(list));
  char *columns = strdup((const char *)sqlite3_column_text(list, 0));
  sqlite3_finalize(list);
  return columns;
}

static void read_rows(Table *table) {
  table->column_list = column_list(table->name);
  sqlite3_stmt *rows =
      prepare(sqlite3_mprintf("SELECT %s FROM \"%w\"", table->column_list, table->name));
  table->columns = sqlite3_column_count(rows);
  while (sqlite3_step(rows) == SQLITE_ROW) {
    if (table->rows == table->room) {
      table->room = table->room ? table->room * 2 : 64;
      table->values =
          realloc(table->values, table->room * table->columns * sizeof *table->values);
    }
    sqlite3_value **row = table->values + table->rows++ * table->columns;
    for (int i = 0; i < table->columns; i++)
      row[i] = sqlite3_value_dup(sqlite3_column_value(rows, i));
  }
  sqlite3_finalize(rows);
}

static void insert_rows(const Table *table) {
  sqlite3_str *sql = sqlite3_str_new(database);
  sqlite3_str_appendf(sql, "INSERT INTO \"%w\" (%s) VALUES (?", table->name, table->column_list);
  for (int i = 1; i < table->columns; i++) sqlite3_str_appendall(sql, ",?");
  sqlite3_str_appendall(sql, ")");
  sqlite3_stmt *insert = prepare(sqlite3_str_finish(sql));
  for (size_t row = 0; row < table->rows; row++) {
    for (int i = 0; i < table->columns; i++)
      check(sqlite3_bind_value(insert, i + 1, table->values[row * table->columns + i]));
    check(sqlite3_step(insert));
    check(sqlite3_reset(insert));
  }
  sqlite3_finalize(insert);
}

int main(int argc, char **argv) {
  if (argc != 3) { fprintf(stderr, "usage: store SOURCE TARGET\n"); return 2; }
  check(sqlite3_open_v2(argv[1], &database, SQLITE_OPEN_READONLY, NULL));
  char *schema[256];
  Table tables[64] = {0};
  int statements = 0, table_count = 0;
  // Tables first: nothing else can be created before them.
  sqlite3_stmt *list = prepare(
      "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
      "ORDER BY type <> 'table', rowid");
  while (sqlite3_step(list) == SQLITE_ROW && statements < 256 && table_count < 64) {
    schema[statements++] = strdup((const char *)sqlite3_column_text(list, 2));
    if (strcmp((const char *)sqlite3_column_text(list, 0), "table") == 0)
      tables[table_count++].name = strdup((const char *)sqlite3_column_text(list, 1));
  }
  sqlite3_finalize(list);
  size_t rows = 0;
  for (int i = 0; i < table_count; i++) { read_rows(&tables[i]); rows += tables[i].rows; }
  sqlite3_close(database);

  double start = cpu();
  check(sqlite3_open(argv[2], &database));
  execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; "
          "PRAGMA cache_size = -16384");
  for (int i = 0; i < statements; i++) execute(schema[i]);
  execute("BEGIN");
  for (int i = 0; i < table_count; i++) insert_rows(&tables[i]);
  execute("COMMIT");
  check(sqlite3_close(database));
  printf("%.6f %zu\n", cpu() - start, rows);
}
