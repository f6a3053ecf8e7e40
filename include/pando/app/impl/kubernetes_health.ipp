// The API of Kubernetes as a contract, and its pods as the health of runners.
#pragma once

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include <pando/app/detail/kubernetes_health.hpp>

// A program that is all header compiles an HTTP client for it only when it wants to.
#if !defined(PANDO_HEADER_ONLY) || defined(PANDO_WITH_KUBERNETES)
#define PANDO_HAS_KUBERNETES 1
#include <pando/http/client.hpp>
#include <pando/http/markers.hpp>
#include <pando/link/runner_address.hpp>
#endif

namespace pando::detail {

PANDO_INLINE kubernetes_options kubernetes_options::from_environment(std::string_view selector) {
  auto const told = [](char const* name) {
    char const* const value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  kubernetes_options made;
  made.selector = selector;
  made.url = told("PANDO_KUBERNETES_URL");
  made.folder = told("PANDO_KUBERNETES_FOLDER");
  if (made.folder.empty()) made.folder = "/var/run/secrets/kubernetes.io/serviceaccount";
  if (!made.url.empty()) return made;
  auto host = told("KUBERNETES_SERVICE_HOST");
  auto const port = told("KUBERNETES_SERVICE_PORT");
  if (host.empty())
    throw std::invalid_argument("pando: --health kubernetes: this is no pod of Kubernetes "
                                "(KUBERNETES_SERVICE_HOST is not set)");
  if (host.find(':') != host.npos) host = "[" + host + "]";
  made.url = "https://" + host + ":" + (port.empty() ? "443" : port);
  return made;
}

#if PANDO_HAS_KUBERNETES

/// What is read of GET /api/v1/namespaces/NAMESPACE/pods. *Source*: the Kubernetes API, core/v1.
namespace kubernetes {
struct pods_query {
  std::string space{};
  std::string labelSelector{};
};
struct condition {
  std::string type{};
  std::string status{};
};
struct pod_ip {
  std::string ip{};
};
struct pod_status {
  std::optional<std::string> phase{};
  std::optional<std::vector<pod_ip>> podIPs{};
  std::optional<std::string> podIP{};
  std::optional<std::vector<condition>> conditions{};
};
struct pod {
  std::optional<pod_status> status{};
};
struct pod_list {
  std::vector<pod> items{};
};
struct api : controller<"api", route<"pods", pod_list(pods_query),
                                     http::get<"/v1/namespaces/{space}/pods">>> {};

inline bool is_ready(pod_status const& status) {
  if (!status.conditions) return false;
  for (auto const& one : *status.conditions)
    if (one.type == "Ready") return one.status == "True";
  return false;
}
/// It has ended, and its address may be another pod's by now.
inline bool is_over(pod_status const& status) {
  return status.phase == "Succeeded" || status.phase == "Failed";
}
/// Written in one way, where it is a numeric address.
inline std::string plain_ip(std::string const& text) {
  boost::system::error_code error;
  auto const address = boost::asio::ip::make_address(text, error);
  return error ? text : address.to_string();
}
inline std::vector<std::string> addresses_of(pod_status const& status) {
  std::vector<std::string> all;
  if (status.podIP) all.push_back(plain_ip(*status.podIP));
  if (status.podIPs)
    for (auto const& one : *status.podIPs) all.push_back(plain_ip(one.ip));
  return all;
}
} // namespace kubernetes

/// A template so that its coroutine is made where it is used, see <pando/config.hpp>.
template <class>
class kubernetes_health final : public cluster::runner_health {
 public:
  kubernetes_health(boost::asio::any_io_executor home, kubernetes_options options)
      : home_(std::move(home)), options_(std::move(options)) {
    (void)make_channel(); // it says now what it would say later
  }

  std::string describe() const override { return "Kubernetes at " + options_.url; }

  task<std::vector<std::optional<bool>>> able(std::vector<std::string> const& of) override {
    pando::client<kubernetes::api> const api(make_channel());
    kubernetes::pods_query const in{file("namespace"), options_.selector};
    kubernetes::pod_list const all = co_await api.within(std::chrono::seconds(5)).call<"pods">(in);
    std::vector<std::optional<bool>> found(of.size());
    for (auto const& pod : all.items) {
      if (!pod.status || kubernetes::is_over(*pod.status)) continue;
      bool const is_ready = kubernetes::is_ready(*pod.status);
      for (auto const& ip : kubernetes::addresses_of(*pod.status))
        for (std::size_t i = 0; i < of.size(); ++i)
          if (host_of(of[i]) == ip) found[i] = found[i].value_or(false) || is_ready;
    }
    co_return found;
  }

 private:
  static std::string host_of(std::string const& address) {
    return why_no_runner_address(address).empty()
               ? kubernetes::plain_ip(parse_runner_address(address).host)
               : std::string();
  }
  /// Without the line's end.
  std::string file(char const* name) const {
    auto const path = options_.folder + "/" + name;
    std::ifstream in(path);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    if (text.empty())
      throw std::invalid_argument("pando: --health kubernetes: " + path +
                                  " is missing or empty; the pod needs a service account");
    return text;
  }
  /// Anew each time: the token is changed from time to time.
  std::shared_ptr<channel> make_channel() const {
    auto const authorization = "Bearer " + file("token");
    auto const certificates = options_.folder + "/ca.crt";
    http::client_options how;
    how.authorization = authorization;
    if (options_.url.starts_with("https:")) how.ca_file = certificates;
    how.connect_timeout = std::chrono::seconds(3);
    return http::make_client_channel(home_, options_.url, how);
  }

  boost::asio::any_io_executor home_;
  kubernetes_options options_;
};

PANDO_LAZY_BODY std::shared_ptr<cluster::runner_health>
make_kubernetes_health(boost::asio::any_io_executor home, kubernetes_options options) {
  return std::make_shared<kubernetes_health<PANDO_LAZY_VOID>>(std::move(home), std::move(options));
}

#else

PANDO_LAZY_BODY std::shared_ptr<cluster::runner_health>
make_kubernetes_health(boost::asio::any_io_executor, kubernetes_options) {
  throw std::invalid_argument("pando: --health kubernetes: this program is built without it; "
                              "define PANDO_WITH_KUBERNETES, or link pando::compiled");
}

#endif

} // namespace pando::detail
