using Postroom.Host;
using Postroom.Mail.Alarms;
using Xunit;

namespace Postroom.Tests.Program.Host;

public sealed class SensorsTests
{
    [Fact]
    public void ThereIsASensorForEachMeasure() => Assert.Equal(Measures.All.ToHashSet(), Sensors.Known.ToHashSet());
}
