#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace parley::websocket {

/// The executor of one worker's loop. Named as the concrete type everywhere, because the type-erased default
/// costs an allocation and a virtual call in every operation.
using Executor = boost::asio::io_context::executor_type;

/// A TCP connection that lives on one worker.
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

/// A timer that lives on one worker.
using Timer =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

}  // namespace parley::websocket
