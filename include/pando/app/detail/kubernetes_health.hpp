// Runners that are pods of Kubernetes: who is not Ready has no shards.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>

#include <pando/cluster/runner_health.hpp>
#include <pando/config.hpp>

namespace pando::detail {

/// How the API server is asked, as a pod's service account.
struct kubernetes_options {
  std::string url{};      ///< `https://10.96.0.1:443`
  std::string folder{};   ///< has `token`, `ca.crt` and `namespace`; they are read each time
  std::string selector{}; ///< of labels: `app=shop`; empty: all pods of the namespace

  /// From KUBERNETES_SERVICE_HOST and _PORT, and the service account's usual folder, where
  /// PANDO_KUBERNETES_URL and PANDO_KUBERNETES_FOLDER do not say otherwise. *Throws*
  /// std::invalid_argument outside of a cluster.
  static kubernetes_options from_environment(std::string_view selector);
};

/// Pods are matched with runners by their addresses; of a runner that is no pod nothing is known.
/// *Throws* std::invalid_argument where this program has no TLS, or files are missing.
PANDO_LAZY std::shared_ptr<cluster::runner_health>
make_kubernetes_health(boost::asio::any_io_executor home, kubernetes_options options);

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/app/impl/kubernetes_health.ipp>
#endif
