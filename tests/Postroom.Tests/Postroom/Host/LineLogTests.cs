using System.Text;
using Microsoft.Extensions.Logging;
using Postroom.Host;
using Xunit;

namespace Postroom.Tests.Program.Host;

public sealed class LineLogTests
{
    [Fact]
    public void A_log_that_cannot_be_written_ends_nothing_and_goes_on_when_it_can()
    {
        using var writer = new FullAtFirst();
        using var logs = LineLog.Factory(writer, isForPeople: true, TimeProvider.System);
        var log = logs.CreateLogger("postroom");
        LogLost(log, null);
        LogKept(log, null);
        Assert.Contains("could not be written before this one: 1", writer.Written, StringComparison.Ordinal);
        Assert.Contains("kept", writer.Written, StringComparison.Ordinal);
    }

    private static readonly Action<ILogger, Exception?> LogLost =
        LoggerMessage.Define(LogLevel.Information, new EventId(1), "lost");

    private static readonly Action<ILogger, Exception?> LogKept =
        LoggerMessage.Define(LogLevel.Information, new EventId(2), "kept");

    private sealed class FullAtFirst : TextWriter
    {
        private bool _isFull = true;

        public string Written { get; private set; } = "";

        public override Encoding Encoding => Encoding.UTF8;

        public override void WriteLine(string? value)
        {
            if (_isFull)
            {
                _isFull = false;
                throw new IOException("No space left on device");
            }

            Written += value;
        }
    }
}
