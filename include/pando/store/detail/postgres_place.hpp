// Where a server is: a connection string, taken apart so that names are resolved without blocking.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/store/postgres_error.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::postgres::detail {

/// libpq looks names up itself, and the whole loop would wait for that. *Thread*: any; `resolve`
/// answers on the executor.
class postgres_place {
 public:
  using keywords = std::vector<std::pair<std::string, std::string>>;
  struct resolved {
    keywords settings;
    std::string failure; ///< why there is no address
  };

  /// *Throws* std::invalid_argument for a connection string that libpq does not understand.
  explicit postgres_place(std::string const& connection);

  /// What libpq is to be given, with addresses beside the names.
  void resolve(boost::asio::any_io_executor executor,
               std::function<void(resolved)> then) const;

 private:
  struct host {
    std::string name;
    std::string port;
    bool is_name;
  };
  struct lookup;
  static void next(std::shared_ptr<lookup> one);

  keywords settings_; ///< without hosts, where those have to be resolved
  std::vector<host> hosts_;
};

} // namespace pando::postgres::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/postgres_place.ipp>
#endif
#endif
