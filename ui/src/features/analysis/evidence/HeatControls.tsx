// Over a corner of the picture, once there are maps: on or off, how opaque, what the colours mean, and where there are maps.
import { Flame } from "lucide-react";
import { Label, Slider, SliderOutput, SliderThumb, SliderTrack } from "react-aria-components";
import { Button, ToggleButton } from "../../../components/Button";
import { useWords } from "../../../i18n";
import type { Explanation } from "../../../ipc/bindings";
import { number, preciseClock } from "../../../lib/format";
import { type Heat, OPAQUE } from "./useHeat";

type Props = { heat: Heat; here: Explanation[]; still: boolean; onSeek: (us: number) => void };

export function HeatControls({ heat, here, still, onSeek }: Props) {
  const { t, lang } = useWords();
  if (heat.moments.length === 0) return null;
  const peak = Math.max(0, ...here.map((e) => e.peak));
  return (
    <div className="heat" role="group" aria-label={t("explain.overlay")}>
      <ToggleButton small isSelected={heat.on} onChange={heat.setOn}><Flame size={14} aria-hidden="true" />{t("explain.overlay")}<span className="key">H</span></ToggleButton>
      {heat.on && (
        <>
          <Slider className="slider" value={heat.opacity} onChange={heat.setOpacity} minValue={1} maxValue={OPAQUE}>
            <Label>{t("explain.opacity")}</Label>
            <SliderTrack className="slider__track"><SliderThumb className="slider__thumb" /></SliderTrack>
            <SliderOutput className="slider__value">{t("explain.step", { value: heat.opacity })}</SliderOutput>
          </Slider>
          {here.length > 0 ? (
            <span className="heat__scale" role="img" aria-label={t("explain.scale", { peak: `+${number(peak, lang, 2)}` })}>
              <span aria-hidden="true">{number(0, lang)}</span><i /><span aria-hidden="true">+{number(peak, lang, 2)}</span>
            </span>
          ) : !still && (
            <span className="heat__moments">
              {t("explain.elsewhere")}
              {heat.moments.slice(0, 4).map((us) => <Button key={us} small onPress={() => onSeek(us)}>{preciseClock(us, lang)}</Button>)}
            </span>
          )}
        </>
      )}
    </div>
  );
}
