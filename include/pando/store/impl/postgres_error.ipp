// What the server said, in one sentence, and what to do about it.
#pragma once

#include <array>

#include <pando/store/postgres_error.hpp>

#if PANDO_HAS_POSTGRES

#include <pando/store/detail/libpq_fe.hpp>

namespace pando::postgres {

PANDO_INLINE bool error::is_conflict() const noexcept {
  return sqlstate() == "40001" || sqlstate() == "40P01";
}

PANDO_INLINE bool error::is_retryable() const noexcept {
  if (may_have_run_) return false;
  if (kind_ == fault::unavailable || kind_ == fault::overloaded || kind_ == fault::disconnected)
    return true;
  // Starting or stopping; too many connections.
  return is_conflict() || sqlstate() == "57P03" || sqlstate() == "53300";
}

namespace detail {

inline std::string field_of(::pg_result const* said, int field) {
  char const* const text = ::PQresultErrorField(said, field);
  return text == nullptr ? std::string() : std::string(text);
}

/// What libpq says in several lines, for a log that has one for each event.
inline std::string in_one_line(std::string_view text) {
  std::string all;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\n') {
      all += text[at];
      continue;
    }
    while (at + 1 < text.size() && (text[at + 1] == '\n' || text[at + 1] == '\t')) ++at;
    if (at + 1 < text.size()) all += "; ";
  }
  return all;
}

PANDO_INLINE server_report report_of(::pg_result const* said) {
  server_report report;
  report.sqlstate = field_of(said, PG_DIAG_SQLSTATE);
  report.severity = field_of(said, PG_DIAG_SEVERITY_NONLOCALIZED);
  report.message = field_of(said, PG_DIAG_MESSAGE_PRIMARY);
  report.detail = field_of(said, PG_DIAG_MESSAGE_DETAIL);
  report.hint = field_of(said, PG_DIAG_MESSAGE_HINT);
  report.constraint = field_of(said, PG_DIAG_CONSTRAINT_NAME);
  if (report.message.empty()) { // libpq's own words have no fields
    report.message = in_one_line(::PQresultErrorMessage(said));
  }
  return report;
}

PANDO_INLINE std::string_view advice_of(std::string_view sqlstate) noexcept {
  using row = std::pair<std::string_view, std::string_view>;
  static constexpr auto rows = std::to_array<row>({
      {"08P01", "what answers there speaks another protocol"},
      {"22P02", "a parameter's text does not fit the type that the statement gives it"},
      {"25006", "this server takes no writes: connect to the primary (target_session_attrs)"},
      {"28000", "look at the user's name and at the server's pg_hba.conf"},
      {"28P01", "look at the password in the connection string, in PGPASSWORD or in ~/.pgpass"},
      {"3D000", "create the database (createdb), or look at its name in the connection string"},
      {"40001", "run the transaction again"},
      {"40P01", "run the transaction again; lock rows in the same order everywhere"},
      {"42501", "grant the user what the statement needs"},
      {"42883", "give the parameters types in the statement, such as $1::bigint"},
      {"42P01", "create the tables first"},
      {"42P18", "give the parameter a type in the statement, such as $1::text"},
      {"53100", "the server's disk is full"},
      {"53300", "raise the server's max_connections, or have smaller pools"},
      {"57014", "the server's statement_timeout, or somebody, has cancelled it"},
  });
  for (auto const& [state, advice] : rows)
    if (state == sqlstate) return advice;
  return {};
}

PANDO_INLINE std::string sentence_of(server_report const& report) {
  std::string all = "postgres: ";
  if (!report.sqlstate.empty()) all += report.severity + " " + report.sqlstate + ": ";
  all += report.message;
  if (!report.detail.empty()) all += "; " + report.detail;
  if (!report.hint.empty()) all += "; " + report.hint;
  if (auto const advice = advice_of(report.sqlstate); !advice.empty())
    all.append(" (").append(advice).append(")");
  return in_one_line(all);
}

/// libpq tells the SQLSTATE of a refused connection in its text alone: "FATAL:  28P01: …", when it
/// is told to be verbose, followed by a line about the server's source.
PANDO_INLINE error connect_error(std::string_view said) {
  server_report report;
  auto const is_state = [](std::string_view text) {
    for (char const one : text)
      if (!(one >= '0' && one <= '9') && !(one >= 'A' && one <= 'Z')) return false;
    return text.size() == 5;
  };
  if (auto const line = said.find("\nLOCATION:"); line != said.npos) said = said.substr(0, line);
  while (said.ends_with('\n')) said.remove_suffix(1);
  report.message = said;
  for (auto at = said.find(":  "); at != said.npos; at = said.find(":  ", at + 1)) {
    auto const state = said.substr(at + 3, 5);
    if (!is_state(state) || said.substr(at + 8, 2) != ": ") continue;
    report.sqlstate = state;
    report.severity = "FATAL";
    report.message = said.substr(at + 10);
    break;
  }
  bool const is_refused = report.sqlstate.starts_with("28") || report.sqlstate == "3D000" ||
                          report.sqlstate == "42501" || said.find("SCRAM") != said.npos ||
                          said.find("no password supplied") != said.npos;
  auto const sentence = sentence_of(report);
  return error(is_refused ? fault::refused : fault::unavailable, sentence, false,
               std::move(report));
}

} // namespace detail
} // namespace pando::postgres

#endif
